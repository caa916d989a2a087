/** Parameters as typed on a command line: text becomes the value that the code means. */
import { nearestName } from "./near-names.js";
import type { InputDeclaration, StaticValue } from "../protocol/stage.js";

/** Values by name, or a sentence for each that cannot be used. */
export function resolveParams(
  given: Readonly<Record<string, string>>,
  inputs: readonly InputDeclaration[],
): { readonly values: Readonly<Record<string, StaticValue>>; readonly problems: readonly string[] } {
  const defaults = new Map<string, StaticValue[]>();
  for (const input of inputs)
    if (input.kind === "param") defaults.set(input.param, [...(defaults.get(input.param) ?? []), input.default]);
  const values: Record<string, StaticValue> = Object.create(null) as Record<string, StaticValue>;
  const problems: string[] = [];
  for (const [name, text] of Object.entries(given)) {
    const known = defaults.get(name);
    if (known === undefined) problems.push(noSuchParam(name, [...defaults.keys()]));
    else {
      const value = paramValue(name, text, known);
      if ("problem" in value) problems.push(value.problem);
      else values[name] = value.value;
    }
  }
  return { values, problems };
}

/** A text for a parameter whose defaults are texts is taken as it is; for others it must be JSON. */
export function paramValue(
  name: string,
  text: string,
  defaults: readonly StaticValue[],
): { readonly value: StaticValue } | { readonly problem: string } {
  const parsed = parseJson(text);
  const texts = defaults.every((value) => typeof value === "string");
  if (texts) return { value: typeof parsed?.value === "string" ? parsed.value : text };
  if (parsed !== null) return parsed;
  const example = JSON.stringify(defaults.find((value) => typeof value !== "string"));
  return {
    problem: `The parameter "${name}" is ${example} in the code, and ${JSON.stringify(text)} is no JSON value. Write a value of that sort, or '${JSON.stringify(text)}' with its quotation marks if a text is meant.`,
  };
}

function noSuchParam(name: string, known: readonly string[]): string {
  if (known.length === 0) return `There is no parameter "${name}": no stage has an input param("${name}", …).`;
  const near = nearestName(name, known);
  const hint = near === null ? `The parameters are: ${[...known].sort().join(", ")}.` : `Did you mean "${near}"?`;
  return `There is no parameter "${name}". ${hint}`;
}

function parseJson(text: string): { readonly value: StaticValue } | null {
  try {
    return { value: JSON.parse(text) as StaticValue };
  } catch {
    return null;
  }
}
