/** How a plain stage asks for the run context: by the name or the shape of its last parameter. */

/** A last parameter of this name gets the run context, and never a stage or another input. */
export function isContextName(name: string): boolean {
  return name === "ctx" || name === "context";
}

/** What a destructured last parameter may take: the members of the run context. */
export const CONTEXT_MEMBERS = ["signal", "log", "progress", "random", "tmp", "params"] as const;

export function isContextMember(name: string): boolean {
  return (CONTEXT_MEMBERS as readonly string[]).includes(name);
}
