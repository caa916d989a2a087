// What the runners of all layers share: their flags, and how they hand their counts to run-all.mjs.
import * as fs from "node:fs";
import * as path from "node:path";

/** `--name value` pairs, of the names given; anything else is an error. */
export function argumentsOf(args, names, switches = []) {
  const options = {};
  for (let at = 0; at < args.length; at++) {
    const name = args[at].replace(/^--/, "");
    if (args[at].startsWith("--") && switches.includes(name)) {
      options[name] = true;
    } else if (args[at].startsWith("--") && names.includes(name) && args[at + 1] !== undefined) {
      options[name] = args[++at];
    } else {
      const known = [...names.map((known) => `--${known} value`), ...switches.map((known) => `--${known}`)];
      console.error(`"${args[at]}" is not understood here. Known: ${known.join(", ")}`);
      process.exit(2);
    }
  }
  return options;
}

/** Says how many tests passed and failed to whoever started this process with RESTAGE_RESULTS. */
export function writeResults({ passed, failed }) {
  const file = process.env.RESTAGE_RESULTS;
  if (file !== undefined && file !== "") {
    fs.mkdirSync(path.dirname(file), { recursive: true });
    fs.writeFileSync(file, JSON.stringify({ passed, failed }));
  }
}
