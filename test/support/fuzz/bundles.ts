/**
 * The bundler over files in memory: the code that really runs, made as the engine makes it, and the smallest code that a
 * stage needs. All versions of a project go into one build, which is many times faster than one each.
 */
import * as path from "node:path";
import { build, type BuildOptions, type Plugin } from "esbuild";
import type { Texts } from "./model.js";

/** Bundles by entry. An entry is `<version>/<file>`. */
export async function bundleFiles(
  versions: readonly Texts[],
  entries: readonly string[],
): Promise<Map<string, string>> {
  return bundle(versions, new Map(entries.map((entry) => [entry, null])), {});
}

/** Minified code of single exports. An entry is `<version>/<file>#<export>`. */
export async function minifiedSlices(
  versions: readonly Texts[],
  entries: readonly string[],
): Promise<Map<string, string>> {
  const texts = entries.map((entry) => {
    const [file = "", name = ""] = entry.split("#");
    return [entry, `export { ${name} as slice } from ${JSON.stringify(`/${file}`)};`] as const;
  });
  return bundle(versions, new Map(texts), { minify: true });
}

async function bundle(
  versions: readonly Texts[],
  entries: ReadonlyMap<string, string | null>,
  options: BuildOptions,
): Promise<Map<string, string>> {
  const names = [...entries.keys()];
  if (names.length === 0) return new Map();
  const result = await build({
    entryPoints: names.map((name, index) => ({ in: name, out: `${index}` })),
    outdir: "/out",
    bundle: true,
    write: false,
    format: "esm",
    platform: "node",
    target: "node20",
    keepNames: true,
    charset: "utf8",
    logLevel: "silent",
    plugins: [inMemory(versions, entries)],
    ...options,
  });
  const made = new Map((result.outputFiles ?? []).map((file) => [path.basename(file.path, ".js"), file.text]));
  return new Map(names.map((name, index) => [name, made.get(`${index}`) ?? ""]));
}

const RUNTIME = `export const stage = (inputs, run) => ({ inputs, run, fn: run });
export const param = (name, value) => ({ param: name, value });`;

function inMemory(versions: readonly Texts[], entries: ReadonlyMap<string, string | null>): Plugin {
  return {
    name: "in-memory",
    setup(setup) {
      setup.onResolve({ filter: /.*/ }, (args) => {
        if (args.kind === "entry-point") {
          const text = entries.get(args.path) ?? null;
          return text === null
            ? { path: `/${args.path}`, namespace: "memory" }
            : { path: args.path, namespace: "entry" };
        }
        if (args.path === "restage") return { path: "restage", namespace: "runtime" };
        const asked = args.path.startsWith("/")
          ? args.path
          : path.posix.join(path.posix.dirname(args.importer), args.path);
        const [, version = "", file = ""] = /^\/(\d+)\/(.*)$/.exec(asked) ?? [];
        const texts = versions[Number(version)] ?? {};
        const found = [file, file.replace(/\.js$/, ".ts")].find((name) => texts[name] !== undefined);
        return found === undefined
          ? { errors: [{ text: `${asked} is not there` }] }
          : { path: `/${version}/${found}`, namespace: "memory" };
      });
      setup.onLoad({ filter: /.*/, namespace: "runtime" }, () => ({ contents: RUNTIME }));
      setup.onLoad({ filter: /.*/, namespace: "entry" }, (args) => ({ contents: entries.get(args.path) ?? "" }));
      setup.onLoad({ filter: /.*/, namespace: "memory" }, (args) => {
        const [, version = "", file = ""] = /^\/(\d+)\/(.*)$/.exec(args.path) ?? [];
        const loader = file.endsWith(".json") ? "json" : file.endsWith(".ts") ? "ts" : "js";
        return { contents: versions[Number(version)]?.[file] ?? "", loader };
      });
    },
  };
}
