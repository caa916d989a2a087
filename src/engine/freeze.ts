/**
 * Freezes the code of a run: one self-contained ES module per stage file, made from exactly the texts the fingerprints
 * were made from. A file that was saved in between is reported instead of bundled, so that a result can never be filed
 * under the fingerprint of other code.
 */
import * as path from "node:path";
import { pathToFileURL } from "node:url";
import type { BuildFailure, BuildOptions, Loader, Message, OnLoadResult, OnResolveResult, Plugin } from "esbuild";
import { Disk } from "./disk.js";
import { loadEsbuild } from "./load-esbuild.js";
import { importedDigest } from "./module-resolver.js";
import { isSourceFile } from "./project-files.js";
import type { SourceIndex } from "./source-index.js";
import type { SourceLocation } from "../protocol/stage.js";

/** What is bundled here decides no status. */
const disk = new Disk();

export interface BundleError {
  readonly message: string;
  readonly location: SourceLocation | null;
}

export type Frozen =
  /** Bundle by stage file. A file whose bundle could not be made has an error instead. */
  | { readonly is: "frozen"; readonly bundles: ReadonlyMap<string, string | BundleError> }
  /** These files are newer on disk than in the index: take them in and try again. */
  | { readonly is: "changed"; readonly files: readonly string[] };

export interface FreezeOptions {
  readonly files: readonly string[];
  readonly index: SourceIndex;
  readonly outFolder: string;
  /** What `import … from "restage"` means in the child. */
  readonly runtime: string;
}

export async function freeze(options: FreezeOptions): Promise<Frozen> {
  const changed = new Set<string>();
  const together = await bundle(options.files, options, changed);
  if (changed.size > 0) return { is: "changed", files: [...changed] };
  if (!(together instanceof Map)) {
    // One file that cannot be bundled must not stop the stages of the others.
    const bundles = new Map<string, string | BundleError>();
    for (const file of options.files) {
      const alone = options.files.length === 1 ? together : await bundle([file], options, changed);
      bundles.set(
        file,
        alone instanceof Map ? (alone.get(file) ?? { message: "no bundle was made", location: null }) : alone,
      );
    }
    return changed.size > 0 ? { is: "changed", files: [...changed] } : { is: "frozen", bundles };
  }
  return { is: "frozen", bundles: together };
}

async function bundle(
  files: readonly string[],
  options: FreezeOptions,
  changed: Set<string>,
): Promise<Map<string, string> | BundleError> {
  const names = new Map(files.map((file) => [file, `stage-${options.files.indexOf(file)}`]));
  const esbuild = await loadEsbuild();
  const build: BuildOptions = {
    entryPoints: Object.fromEntries([...names].map(([file, name]) => [name, file])),
    outdir: options.outFolder,
    outExtension: { ".js": ".mjs" },
    bundle: true,
    format: "esm",
    platform: "node",
    target: "node20",
    sourcemap: "linked",
    sourcesContent: false,
    // `helper.name` must be what the source says, also when two files use one name.
    keepNames: true,
    charset: "utf8",
    logLevel: "silent",
    absWorkingDir: path.dirname(files[0] ?? options.outFolder),
    define: {
      "import.meta": "__restageMeta",
      "import.meta.url": "__restageMeta.url",
      "import.meta.filename": "__restageMeta.filename",
      "import.meta.dirname": "__restageMeta.dirname",
      "require.resolve": "__restageMeta.requireResolve",
      __filename: "__restageMeta.filename",
      __dirname: "__restageMeta.dirname",
    },
    banner: { js: BANNER },
    plugins: [frozenSources(options, changed)],
  };
  try {
    await esbuild.build(build);
    return new Map([...names].map(([file, name]) => [file, path.join(options.outFolder, `${name}.mjs`)]));
  } catch (error) {
    const first = (error as Partial<BuildFailure>).errors?.[0];
    if (first === undefined) return { message: error instanceof Error ? error.message : String(error), location: null };
    return { message: first.text, location: locationOf(first, path.dirname(files[0] ?? "")) };
  }
}

/** `import.meta` of a source file, for a bundle that is somewhere else; the bundler does not look into this text. */
const BANNER = [
  `import { createRequire as __restageRequire } from "node:module";`,
  `const require = __restageRequire(import.meta.url);`,
  `const __restageMetaOf = (url, filename, dirname) => ({ url, filename, dirname, resolve: (to) =>`,
  `/^\\.{0,2}\\//.test(to) ? new URL(to, url).href : import.meta.resolve(to),`,
  `requireResolve: (to, options) => __restageRequire(url).resolve(to, options) });`,
].join(" ");

/** Resolves exactly as the analysis does, and loads only text the analysis has seen. */
function frozenSources(options: FreezeOptions, changed: Set<string>): Plugin {
  return {
    name: "frozen-sources",
    setup(build) {
      build.onResolve({ filter: /.*/ }, async (args): Promise<OnResolveResult | undefined> => {
        const asked = args.pluginData as Asked | undefined;
        if (asked?.byBundler === true) return undefined;
        if (args.kind === "entry-point") {
          return exportsOfCommonJs(options.index, args.path) === null
            ? undefined
            : { path: args.path, namespace: COMMON_JS_ENTRY };
        }
        if (args.namespace === COMMON_JS_ENTRY) return undefined;
        const bundlerFinds = (): ReturnType<typeof build.resolve> =>
          build.resolve(args.path, {
            kind: args.kind,
            resolveDir: args.resolveDir,
            importer: args.importer,
            with: args.with,
            pluginData: { byBundler: true } satisfies Asked,
          });
        const how = args.kind === "require-call" || args.kind === "require-resolve" ? "require" : "import";
        const resolution = options.index.resolve(args.importer, args.path, how);
        switch (resolution.to) {
          case "source": {
            // What the bundler finds itself it treats by its tsconfig.json and its package's type; so do Node and TypeScript.
            const found = await bundlerFinds();
            return found.errors.length === 0 && found.path === resolution.file ? undefined : { path: resolution.file };
          }
          case "data":
            return { path: resolution.file, pluginData: { digest: resolution.digest } };
          case "runtime":
            return how === "require"
              ? { path: options.runtime, namespace: REQUIRED_RUNTIME }
              : { path: pathToFileURL(options.runtime).href, external: true };
          case "builtin":
            return { path: args.path, external: true };
          case "package": {
            const found = await bundlerFinds();
            if (found.errors.length > 0) return { errors: found.errors };
            if (found.external || !path.isAbsolute(found.path)) return { path: args.path, external: true };
            // The bundle is not where the source is, so a package is named by its place.
            return { path: how === "require" ? found.path : pathToFileURL(found.path).href, external: true };
          }
          case "unresolved":
            return { errors: [{ text: resolution.message }] };
        }
      });
      // The library is an ES module, which `require` of Node 20 does not take.
      build.onLoad({ filter: /.*/, namespace: REQUIRED_RUNTIME }, (args) => ({
        contents: `export * from ${JSON.stringify(pathToFileURL(args.path).href)};`,
      }));
      // An ES module made of a CommonJS file has a default export only; the child looks for the stages by name.
      build.onLoad({ filter: /.*/, namespace: COMMON_JS_ENTRY }, (args) => ({
        contents: reexported(args.path, exportsOfCommonJs(options.index, args.path) ?? []),
        resolveDir: path.dirname(args.path),
      }));
      build.onLoad({ filter: /.*/ }, (args): OnLoadResult | undefined => {
        const data = args.pluginData as { digest?: string } | undefined;
        const read = disk.read(args.path);
        if (read === null) {
          changed.add(args.path);
          return { contents: "" };
        }
        const text = read.bytes.toString("utf8");
        const isSource = isSourceFile(args.path);
        const expected = data?.digest ?? (isSource ? options.index.digestOf(args.path) : read.digest);
        const found = data?.digest === undefined ? read.digest : importedDigest(args.path, text, read.digest);
        if (expected !== found) changed.add(args.path);
        const loader = loaderOf(args.path);
        return {
          contents: isSource ? withPlace(text, args.path) : text,
          loader,
          resolveDir: path.dirname(args.path),
        };
      });
    },
  };
}

const REQUIRED_RUNTIME = "restage-required-runtime";
const COMMON_JS_ENTRY = "restage-common-js-entry";

/** Given with a question to the bundler's own resolver, which asks the plugins first. */
interface Asked {
  readonly byBundler: true;
}

function exportsOfCommonJs(index: SourceIndex, file: string): readonly string[] | null {
  const summary = index.summary(file);
  return summary?.ok === true && summary.commonJs ? summary.exports.map(([name]) => name) : null;
}

function reexported(file: string, names: readonly string[]): string {
  const lines = names.map((name, i) => {
    const text = JSON.stringify(name);
    return `const export${i} = all[${text}]; export { export${i} as ${text} };`;
  });
  return [`const all = require(${JSON.stringify(file)});`, ...lines].join("\n");
}

/** A module that asks where it is must hear of its source file and not of the bundle. On the first line, so that lines keep their numbers. */
function withPlace(text: string, file: string): string {
  if (!/import\.meta|__dirname|__filename|require\s*\.\s*resolve/.test(text)) return text;
  const place = `var __restageMeta=__restageMetaOf(${[pathToFileURL(file).href, file, path.dirname(file)].map((part) => JSON.stringify(part)).join()});`;
  return text.startsWith("#!") ? text.replace(/^.*/, place) : place + text.replace(/^\uFEFF/, "");
}

function loaderOf(file: string): Loader {
  switch (path.extname(file)) {
    case ".ts":
    case ".mts":
    case ".cts":
      return "ts";
    case ".tsx":
      return "tsx";
    case ".jsx":
      return "jsx";
    case ".json":
      return "json";
    case ".js":
    case ".mjs":
    case ".cjs":
      return "js";
    default:
      return "text";
  }
}

function locationOf(message: Message, folder: string): SourceLocation | null {
  const place = message.location;
  return place === null ? null : { file: path.resolve(folder, place.file), line: place.line, column: place.column + 1 };
}
