/** Runs a stage of a bundled file in a realm of its own and says what it returned, as text that two runs can be compared by. */
import { createContext, Script } from "node:vm";

export type Outcome = { readonly ok: true; readonly value: string } | { readonly ok: false; readonly message: string };

const RUN = `(async (load, name, inputs) => {
  const show = (value, seen = []) => {
    switch (typeof value) {
      case "number": return Object.is(value, -0) ? "-0" : String(value);
      case "bigint": return value + "n";
      case "string": return JSON.stringify(value);
      case "function": return "function " + value.name + "/" + value.length;
      case "object": break;
      default: return String(value);
    }
    if (value === null) return "null";
    if (seen.includes(value)) return "circle " + seen.indexOf(value);
    const inside = [...seen, value];
    if (Array.isArray(value)) return "[" + Array.from(value, (item) => show(item, inside)).join() + "]";
    if (value instanceof Date) return "Date " + value.getTime();
    if (value instanceof Map || value instanceof Set) return value.constructor.name + show([...value], inside);
    const own = Object.keys(value).map((key) => JSON.stringify(key) + ":" + show(value[key], inside));
    return (Object.getPrototypeOf(value)?.constructor?.name ?? "") + "{" + own.join() + "}";
  };
  let module = await load();
  if (module.default !== undefined && module[name] === undefined) module = module.default;
  let result = module[name].run(inputs);
  if (result !== null && typeof result === "object" && Symbol.asyncIterator in result) {
    const rows = [];
    for await (const row of result) rows.push(row);
    result = rows;
  }
  return show(await result);
})`;

const runner = new Script(RUN);

/** `inputs` are what the stage's inputs hold, by name. */
export async function execute(
  bundle: string,
  name: string,
  inputs: Readonly<Record<string, unknown>>,
): Promise<Outcome> {
  const context = createContext({ console: undefined });
  try {
    const run = runner.runInContext(context) as (load: unknown, name: string, inputs: unknown) => Promise<string>;
    const load = new Script(asFunction(bundle)).runInContext(context, { timeout: 1000 }) as unknown;
    // Inputs are of the realm, as everything else is.
    const given = new Script(`(${JSON.stringify(inputs)})`).runInContext(context) as unknown;
    return { ok: true, value: await run(load, name, given) };
  } catch (error) {
    return { ok: false, message: String(error) };
  }
}

/** An ES module without imports as an async function that returns its exports. */
function asFunction(bundle: string): string {
  const end = bundle.lastIndexOf("export {");
  const list = end < 0 ? "" : bundle.slice(end + "export {".length, bundle.lastIndexOf("}"));
  const properties = list
    .split(",")
    .map((entry) => entry.trim())
    .filter((entry) => entry !== "")
    .map((entry) => {
      const [local = "", exported = local] = entry.split(" as ");
      return `${exported}: ${local}`;
    });
  const fallback = /^export default (.*);$/m.exec(bundle);
  const body = (end < 0 ? bundle : bundle.slice(0, end)).replace(/^export default (.*);$/m, "const __default = $1;");
  if (fallback) properties.push("default: __default");
  return `(async () => { "use strict";\n${body}\nreturn { ${properties.join(", ")} };\n})`;
}
