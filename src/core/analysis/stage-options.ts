import type { Cause, SourceProblem, StageOptions, StaticValue } from "../../protocol/stage.js";

/** One option as written, already worked out. */
export interface GivenOption {
  readonly name: string;
  readonly value: StaticValue;
  readonly range: SourceProblem["range"];
}

/** Options that hold, and a problem for each that does not. */
export function checkOptions(given: readonly GivenOption[]): {
  readonly options: StageOptions;
  readonly problems: readonly SourceProblem[];
} {
  const options: Record<string, StaticValue> = {};
  const problems: SourceProblem[] = [];
  for (const { name, value, range } of given) {
    if (!Object.hasOwn(CHECKS, name)) {
      const known = Object.keys(CHECKS).join(", ");
      const message = `A stage has no option "${name}". The options are ${known}.`;
      problems.push({ severity: "warning", code: "unknown-option", message, range });
      continue;
    }
    const check = CHECKS[name as keyof StageOptions];
    const checked = check.read(value);
    if (checked === null) {
      const message = `The option "${name}" must be ${check.expects}.`;
      problems.push({ severity: "error", code: "non-static-option", message, range });
    } else options[name] = checked;
  }
  return { options, problems };
}

/** `500`, `"500ms"`, `"30s"`, `"5m"`, `"1h"`, `"2d"`, `"1w"` in milliseconds. */
export function parseDuration(value: StaticValue): number | null {
  if (typeof value === "number") return Number.isFinite(value) && value >= 0 ? value : null;
  if (typeof value !== "string") return null;
  const match = /^(\d+(?:\.\d+)?)\s*(ms|s|m|h|d|w)$/.exec(value.trim());
  const unit = UNITS[match?.[2] ?? ""];
  return unit === undefined ? null : Number(match?.[1]) * unit;
}

const UNITS: Readonly<Record<string, number | undefined>> = {
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
  w: 604_800_000,
};

/** What each option takes, for people who write one: what is expected, and values worth offering, as JSON or words. */
export function optionHints(): readonly {
  readonly name: string;
  readonly expects: string;
  readonly values: readonly string[];
}[] {
  return Object.entries(CHECKS).map(([name, { expects, values = [] }]) => ({ name, expects, values }));
}

interface Check {
  readonly expects: string;
  /** Those worth offering. */
  readonly values?: readonly string[];
  readonly read: (value: StaticValue) => StaticValue;
}

const DURATION: Check = {
  expects: 'a number of milliseconds or a duration such as "5m", "1h" or "2d"',
  read: parseDuration,
  values: ["30s", "5m", "1h", "1d"],
};

const BOOLEAN: Check = {
  expects: "true or false",
  read: (value) => (typeof value === "boolean" ? value : null),
  values: ["true", "false"],
};

const CAUSES: readonly Cause[] = ["code", "packages", "inputs", "params", "env", "upstream", "node", "options"];
const CUE_EXPECTS = `an object of causes that do not count, such as { packages: false } (${CAUSES.join(", ")}), or with mode: "always" or "never"`;

/** What does not count, and the mode; `true` says what is so anyway and is left out. */
function readCue(value: StaticValue): StaticValue {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return null;
  const cue: Record<string, StaticValue> = {};
  for (const [name, setting] of Object.entries(value)) {
    if (name === "mode" && (setting === "always" || setting === "never")) cue[name] = setting;
    else if (!(CAUSES as readonly string[]).includes(name) || typeof setting !== "boolean") return null;
    else if (!setting) cue[name] = false;
  }
  return cue;
}

const CHECKS: Readonly<Record<keyof StageOptions, Check>> = {
  cache: BOOLEAN,
  format: oneOf("parquet", "json", "file"),
  compression: oneOf("none", "snappy", "zstd", "lz4"),
  ttl: DURATION,
  timeout: DURATION,
  retries: {
    values: ["1", "2", "3"],
    expects: "a whole number from 0 on",
    read: (value) => (typeof value === "number" && Number.isInteger(value) && value >= 0 ? value : null),
  },
  description: { expects: "a text", read: (value) => (typeof value === "string" ? value : null) },
  tags: {
    values: ['["slow"]'],
    expects: "an array of texts",
    read: (value) => (Array.isArray(value) && value.every((tag) => typeof tag === "string") ? value : null),
  },
  cue: {
    expects: CUE_EXPECTS,
    read: readCue,
    values: ['{"packages": false}', '{"mode": "always"}', '{"mode": "never"}'],
  },
  heavy: BOOLEAN,
};

function oneOf(...allowed: readonly string[]): Check {
  const expects = `one of ${allowed.map((value) => `"${value}"`).join(", ")}`;
  const read = (value: StaticValue): StaticValue =>
    typeof value === "string" && allowed.includes(value) ? value : null;
  return { expects, read, values: allowed };
}
