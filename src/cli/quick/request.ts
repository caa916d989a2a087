/** A command that can be answered from what was written down. */
export interface QuickRequest {
  readonly command: "status" | "run";
  readonly json: boolean;
  readonly check: boolean;
  readonly project: string | null;
}

/** `null` for any other command, and for words this does not know: the whole program understands all of them. */
export function parseQuickly(words: readonly string[]): QuickRequest | null {
  const [command, ...rest] = words;
  if (command !== "status" && command !== "run") return null;
  let json = false;
  let check = false;
  let project: string | null = null;
  for (let word = rest.shift(); word !== undefined; word = rest.shift()) {
    if (word === "--json") json = true;
    else if (word === "--check" && command === "status") check = true;
    else if (word === "-p" || word === "--project") {
      project = rest.shift() ?? null;
      if (project === null || project.startsWith("-")) return null;
    } else return null;
  }
  return { command, json, check, project };
}
