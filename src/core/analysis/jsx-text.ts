/** The text an element gets from JSX: lines are trimmed and joined with spaces, so that formatting does not count. */
export function cleanJsxText(text: string): string {
  const lines = text.split(/\r\n|\n|\r/);
  const cleaned: string[] = [];
  lines.forEach((line, index) => {
    let part = line.replace(/\t/g, " ");
    if (index > 0) part = part.replace(/^ +/, "");
    if (index < lines.length - 1) part = part.replace(/ +$/, "");
    if (part !== "") cleaned.push(part);
  });
  return cleaned.join(" ");
}
