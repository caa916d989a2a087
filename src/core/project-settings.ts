import type { StaticValue } from "../protocol/stage.js";

/** `restage.json`, checked, with defaults filled in. */
export interface ProjectSettings {
  /** Relative to the project root; never outside it. */
  readonly cacheDir: string;
  readonly maxCacheBytes: number;
  /** Globs of files that may declare stages. */
  readonly include: readonly string[];
  readonly exclude: readonly string[];
  readonly params: { readonly [name: string]: StaticValue };
  /** Stages that run at once. `null`: as many as there are processors. */
  readonly concurrency: number | null;
  /** Names (or `PREFIX_*`) of environment variables stages get without depending on them. */
  readonly passEnv: readonly string[];
  /** Files of environment variables, relative to the project root; each overrides those before it. */
  readonly envFiles: readonly string[];
}

export const DEFAULT_SETTINGS: ProjectSettings = {
  cacheDir: ".restage",
  maxCacheBytes: 5e9,
  include: ["**/*.{ts,mts,cts,tsx,js,mjs,cjs,jsx}"],
  exclude: [],
  params: {},
  concurrency: null,
  passEnv: [],
  envFiles: [],
};

/** The settings in `text`, and a sentence for each thing in it that is not right; what is not right keeps its default. */
export function parseProjectSettings(text: string): { settings: ProjectSettings; problems: readonly string[] } {
  const problems: string[] = [];
  let json: unknown;
  try {
    json = JSON.parse(text.replace(/^\uFEFF/, ""));
  } catch (error) {
    return {
      settings: DEFAULT_SETTINGS,
      problems: [`restage.json is not valid JSON: ${(error as Error).message}`],
    };
  }
  if (!isObject(json)) return { settings: DEFAULT_SETTINGS, problems: ["restage.json must hold one object, { … }."] };
  const settings = { ...DEFAULT_SETTINGS };
  for (const [name, value] of Object.entries(json)) {
    const problem = apply(settings, name, value);
    if (problem !== null) problems.push(`restage.json: ${problem}`);
  }
  return { settings, problems };
}

type Writable = { -readonly [Name in keyof ProjectSettings]: ProjectSettings[Name] };

function apply(settings: Writable, name: string, value: unknown): string | null {
  switch (name) {
    case "$schema":
      return null;
    case "cacheDir":
      if (!isInside(value)) return `"cacheDir" must be a folder inside the project, like ".restage".`;
      settings.cacheDir = value;
      return null;
    case "maxCacheSize": {
      const bytes = parseSize(value);
      if (bytes === null) return `"maxCacheSize" must be bytes or text like "5GB", not ${JSON.stringify(value)}.`;
      settings.maxCacheBytes = bytes;
      return null;
    }
    case "include":
    case "exclude":
    case "passEnv":
    case "envFiles":
      if (!isStrings(value)) return `"${name}" must be a list of strings.`;
      settings[name] = value;
      return null;
    case "params":
      if (!isObject(value)) return `"params" must be an object of names and values.`;
      settings.params = value as ProjectSettings["params"];
      return null;
    case "concurrency":
      if (typeof value !== "number" || !Number.isInteger(value) || value < 1)
        return `"concurrency" must be a whole number of at least 1.`;
      settings.concurrency = value;
      return null;
    default:
      return `there is no setting "${name}".`;
  }
}

/** Bytes from `5GB`, `500 MB`, `1.5TB` or a number; `null` when it is neither. */
export function parseSize(value: unknown): number | null {
  if (typeof value === "number") return Number.isFinite(value) && value >= 0 ? value : null;
  if (typeof value !== "string") return null;
  const match = /^\s*(\d+(?:\.\d+)?)\s*([KMGT]?)B?\s*$/i.exec(value);
  if (match === null) return null;
  const power = ["", "K", "M", "G", "T"].indexOf((match[2] ?? "").toUpperCase());
  return Math.round(Number(match[1]) * 1000 ** power);
}

/** A cache folder elsewhere would let a project write where its user does not expect it. */
function isInside(value: unknown): value is string {
  return (
    typeof value === "string" &&
    value !== "" &&
    !/^([/\\]|[A-Za-z]:)/.test(value) &&
    !value.split(/[/\\]/).some((part) => part === ".." || part === "." || part === "")
  );
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isStrings(value: unknown): value is string[] {
  return Array.isArray(value) && value.every((item) => typeof item === "string");
}
