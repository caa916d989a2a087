/**
 * The environment variables a stage's process gets: what programs need to work at all, what the stage declares, and what
 * `passEnv` in restage.json lets through. Everything else is left out, because a variable a stage can read without
 * declaring it changes results without a trace.
 */
import type { StageDeclaration } from "../protocol/stage.js";

type Variables = { readonly [name: string]: string | undefined };

const SYSTEM = new Set(
  "PATH HOME USER LOGNAME SHELL LANG LANGUAGE TZ TMPDIR TMP TEMP SYSTEMROOT SYSTEMDRIVE WINDIR COMSPEC PATHEXT APPDATA LOCALAPPDATA USERPROFILE PROGRAMDATA HOMEDRIVE HOMEPATH SSL_CERT_FILE SSL_CERT_DIR NODE_EXTRA_CA_CERTS HTTP_PROXY HTTPS_PROXY NO_PROXY".split(
    " ",
  ),
);
/** They change how Node itself runs and would let an environment alter every stage unseen. */
const NEVER = /^(NODE_OPTIONS|NODE_CHANNEL_FD|NODE_CHANNEL_SERIALIZATION_MODE|ELECTRON_.*|VSCODE_.*)$/;

/** For starting a process, before it is known which stage it will run. */
export function systemEnvironment(variables: Variables): Record<string, string> {
  return pick(variables, (name) => SYSTEM.has(name.toUpperCase()) || name.startsWith("LC_"));
}

/** Variables a stage may read without a remark: its inputs, and what the project lets through on purpose. */
export function declaredVariables(
  declaration: StageDeclaration,
  names: readonly string[],
  passEnv: readonly string[],
): ReadonlySet<string> {
  const inputs = declaration.inputs.flatMap((input) => (input.kind === "env" ? [input.variable] : []));
  return new Set([...inputs, ...names.filter((name) => matches(name, passEnv))]);
}

export function stageEnvironment(
  declaration: StageDeclaration,
  variables: Variables,
  passEnv: readonly string[],
): Record<string, string> {
  const declared = new Set(declaration.inputs.flatMap((input) => (input.kind === "env" ? [input.variable] : [])));
  const out = pick(
    variables,
    (name) => SYSTEM.has(name.toUpperCase()) || name.startsWith("LC_") || declared.has(name) || matches(name, passEnv),
  );
  for (const input of declaration.inputs) {
    if (input.kind === "env" && input.default !== null) out[input.variable] ??= input.default;
  }
  return out;
}

function pick(variables: Variables, wanted: (name: string) => boolean): Record<string, string> {
  const out: Record<string, string> = {};
  for (const [name, value] of Object.entries(variables)) {
    if (value !== undefined && !NEVER.test(name) && wanted(name)) out[name] = value;
  }
  return out;
}

function matches(name: string, patterns: readonly string[]): boolean {
  return patterns.some((pattern) => (pattern.endsWith("*") ? name.startsWith(pattern.slice(0, -1)) : name === pattern));
}
