/** The page of a preview panel. No text of the user is in it: all of that arrives as messages and is set as text. */
export interface PreviewPage {
  readonly nonce: string;
  readonly cspSource: string;
  readonly script: string;
  readonly style: string;
}

export function previewHtml({ nonce, cspSource, script, style }: PreviewPage): string {
  const policy = `default-src 'none'; style-src ${cspSource}; script-src 'nonce-${nonce}';`;
  return `<!DOCTYPE html>
<html lang="en">
  <head>
    <meta charset="UTF-8" />
    <meta http-equiv="Content-Security-Policy" content="${policy}" />
    <meta name="viewport" content="width=device-width, initial-scale=1.0" />
    <link rel="stylesheet" href="${style}" />
    <title>Preview</title>
  </head>
  <body>
    <main id="app"></main>
    <script nonce="${nonce}" src="${script}"></script>
  </body>
</html>
`;
}
