#!/usr/bin/env node
// Builds everything below `dist/`. What must hold, and is checked on every build from esbuild's own metafile:
//  - only the extension bundle may leave `vscode` unresolved, so no other bundle can contain or need the editor;
//  - `forbidden` packages are not in a bundle (the extension host must not pay for parsers and codecs);
//  - apache-arrow and parquet-wasm are files of their own below `dist/vendor/`, reached by `import()` only: a static
//    import would load them when a process starts;
//  - with --production, no bundle exceeds its size budget.
//
//   node esbuild.config.mjs [--production] [--watch] [--only name,name] [--list]
import * as fs from "node:fs";
import * as path from "node:path";
import { spawnSync } from "node:child_process";
import { fileURLToPath, pathToFileURL } from "node:url";
import * as esbuild from "esbuild";
import ts from "typescript";

const root = path.dirname(fileURLToPath(import.meta.url));

/** Bundled CommonJS packages call `require`, which an ES module does not have. */
const ESM_BANNER = `import { createRequire as __createRequire } from "node:module";\nconst require = __createRequire(import.meta.url);`;
/** `import.meta.url` is empty in CommonJS output; code that serves both kinds of bundle finds its own place by it. */
const CJS_BANNER = `const __importMetaUrl = require("node:url").pathToFileURL(__filename).href;`;

const NODE = { platform: "node", target: "node20.20", external: ["esbuild"] };
const NODE_ESM = { ...NODE, format: "esm", banner: { js: ESM_BANNER } };
const NODE_CJS = {
  ...NODE,
  format: "cjs",
  banner: { js: CJS_BANNER },
  define: { "import.meta.url": "__importMetaUrl" },
};
const CODEC = ["apache-arrow", "parquet-wasm"];

/** `budget`: kilobytes of the minified file. `entry`, `out`: relative to the repository and to `dist/`. */
const BUNDLES = [
  {
    name: "extension",
    entry: "src/extension/extension.ts",
    out: "extension.cjs",
    budget: 100,
    forbidden: [...CODEC, "@babel/parser", "@babel/types", "esbuild", "enhanced-resolve"],
    options: { ...NODE_CJS, external: ["vscode"] },
  },
  { name: "worker", entry: "src/engine/worker.ts", out: "engine-worker.cjs", budget: 900, options: NODE_CJS },
  {
    name: "restage",
    entry: "src/cli/quick/main.ts",
    out: "restage.cjs",
    budget: 20,
    executable: true,
    forbidden: ["*"],
    options: {
      ...NODE,
      format: "cjs",
      banner: { js: "#!/usr/bin/env node" },
    },
  },
  {
    name: "cli",
    entry: "src/cli/main.ts",
    out: "cli.mjs",
    budget: 950,
    executable: true,
    options: { ...NODE_ESM, banner: { js: `#!/usr/bin/env node\n${ESM_BANNER}` } },
  },
  {
    name: "runner",
    entry: "src/runner/main.ts",
    out: "runner.mjs",
    budget: 90,
    forbidden: ["@babel/parser", "@babel/types", "esbuild", "enhanced-resolve"],
    options: NODE_ESM,
  },
  {
    name: "runtime",
    entry: "src/runtime/index.ts",
    out: "runtime.mjs",
    budget: 20,
    // Neutral: a use of a Node built-in does not resolve. The library host is a file beside it, loaded when needed.
    options: { platform: "neutral", target: "es2022", format: "esm", external: ["./library-host.mjs"] },
    forbidden: ["*"],
  },
  {
    name: "library-host",
    entry: "src/cli/library-host.ts",
    out: "library-host.mjs",
    budget: 900,
    options: NODE_ESM,
  },
  {
    name: "preview",
    entry: "src/webview/preview.ts",
    out: "webview/preview.js",
    budget: 60,
    options: { platform: "browser", target: "es2022", format: "iife" },
  },
  {
    name: "arrow",
    entry: "apache-arrow",
    out: "vendor/apache-arrow.mjs",
    budget: 260,
    options: { ...NODE_ESM, external: [] },
  },
];

/** Files that are copied as they are; parquet-wasm finds its .wasm file beside itself. */
const COPIES = [
  { from: "node_modules/parquet-wasm/node/parquet_wasm.js", out: "vendor/parquet_wasm.cjs" },
  { from: "node_modules/parquet-wasm/node/parquet_wasm_bg.wasm", out: "vendor/parquet_wasm_bg.wasm" },
];

/** Everything a full build makes, relative to `dist/`. */
export const outputs = [...BUNDLES, ...COPIES].map((made) => made.out).concat("types/runtime/index.d.ts");

/** Builds into `outdir`; throws an error with a message for people when anything is missing or over its limits. */
export async function build({ outdir = path.join(root, "dist"), production = false, only = null, quiet = false } = {}) {
  const bundles = chosen(only);
  const results = await Promise.all(bundles.map((bundle) => esbuild.build(optionsOf(bundle, outdir, production))));
  const sizes = bundles.map((bundle, index) => finishBundle(bundle, outdir, results[index].metafile, production));
  if (only === null) {
    copyFiles(outdir);
  }
  if (only === null || only.includes("runtime")) {
    makeTypes(outdir);
  }
  if (!quiet) {
    for (const { bundle, bytes } of sizes) {
      const budget = production ? ` of ${bundle.budget} KB` : "";
      console.log(`${bundle.out.padEnd(26)} ${kilobytes(bytes).padStart(8)} KB${budget}`);
    }
  }
  const over = production ? sizes.filter(({ bundle, bytes }) => bytes > bundle.budget * 1000) : [];
  if (over.length > 0) {
    const lines = over.map(
      ({ bundle, bytes }) => `  ${bundle.out}: ${kilobytes(bytes)} KB, allowed ${bundle.budget} KB`,
    );
    throw new Error(`Over the size budget (the table is in esbuild.config.mjs):\n${lines.join("\n")}`);
  }
}

async function watch() {
  copyFiles(path.join(root, "dist"));
  makeTypes(path.join(root, "dist"));
  for (const bundle of chosen(null)) {
    const options = optionsOf(bundle, path.join(root, "dist"), false);
    const context = await esbuild.context({ ...options, logLevel: "info" });
    await context.watch();
  }
}

function chosen(only) {
  const known = BUNDLES.map((bundle) => bundle.name);
  const unknown = (only ?? []).filter((name) => !known.includes(name));
  if (unknown.length > 0) {
    throw new Error(`No bundle is called ${unknown.join(", ")}. There are: ${known.join(", ")}.`);
  }
  const bundles = BUNDLES.filter((bundle) => only === null || only.includes(bundle.name));
  for (const { name, entry, out } of bundles) {
    if (entry.startsWith("src/") && !fs.existsSync(path.join(root, entry))) {
      const rest = known.filter((other) => other !== name).join(",");
      throw new Error(
        `${entry} does not exist, so dist/${out} cannot be built. To build without it: --only ${only === null ? rest : "…"}`,
      );
    }
  }
  return bundles;
}

function optionsOf(bundle, outdir, production) {
  return {
    absWorkingDir: root,
    entryPoints: [bundle.entry],
    outfile: path.join(outdir, bundle.out),
    bundle: true,
    metafile: true,
    logLevel: "warning",
    minify: production,
    // A package has no maps; they are kept in out/maps, to read stacks that users report.
    sourcemap: production ? "external" : "linked",
    sourcesContent: !production,
    legalComments: "none",
    treeShaking: true,
    plugins: bundle.name === "arrow" ? [] : [vendor],
    ...bundle.options,
  };
}

/** Sends every `import("apache-arrow")` and `import("parquet-wasm/…")` to the one copy below `vendor/`. */
const vendor = {
  name: "vendor",
  setup(pluginBuild) {
    const lazily = (target) => (args) => {
      if (args.kind !== "dynamic-import") {
        const message = `"${args.path}" must be loaded by import(), when it is first needed: it costs every process its start.`;
        return { errors: [{ text: message }] };
      }
      return { path: target, external: true };
    };
    pluginBuild.onResolve({ filter: /^apache-arrow(\/|$)/ }, lazily("./vendor/apache-arrow.mjs"));
    pluginBuild.onResolve({ filter: /^parquet-wasm(\/|$)/ }, lazily("./vendor/parquet_wasm.cjs"));
  },
};

/** Checks one finished bundle by its metafile, and returns its size. */
function finishBundle(bundle, outdir, metafile, production) {
  const packages = new Set();
  for (const input of Object.keys(metafile.inputs)) {
    const match = /node_modules\/((?:@[^/]+\/)?[^/]+)\/(?!.*node_modules\/)/.exec(input);
    if (match !== null) {
      packages.add(match[1]);
    }
  }
  const forbidden = bundle.forbidden ?? [];
  const found = [...packages].filter((name) => forbidden.includes(name) || forbidden.includes("*"));
  if (found.length > 0) {
    throw new Error(`dist/${bundle.out} contains ${found.join(", ")}, which must not be part of it.`);
  }
  const file = path.join(outdir, bundle.out);
  if (bundle.executable === true) {
    fs.chmodSync(file, 0o755);
  }
  if (production && fs.existsSync(`${file}.map`)) {
    const maps = path.join(root, "out", "maps", bundle.out);
    fs.mkdirSync(path.dirname(maps), { recursive: true });
    fs.renameSync(`${file}.map`, `${maps}.map`);
  }
  return { bundle, bytes: fs.statSync(file).size };
}

function copyFiles(outdir) {
  for (const { from, out } of COPIES) {
    fs.mkdirSync(path.dirname(path.join(outdir, out)), { recursive: true });
    fs.copyFileSync(path.join(root, from), path.join(outdir, out));
  }
}

/** The public types: what `runtime/index.d.ts` reaches, from the compiler's own output. */
function makeTypes(outdir) {
  const compiler = path.join(root, "node_modules", "typescript", "bin", "tsc");
  const result = spawnSync(process.execPath, [compiler, "-b", "src/runtime"], { cwd: root, encoding: "utf8" });
  if (result.status !== 0) {
    throw new Error(`The types of src/runtime do not compile:\n${result.stdout}${result.stderr}`);
  }
  const from = path.join(root, "out", "types");
  const waiting = [path.join(from, "runtime", "index.d.ts")];
  const done = new Set();
  for (let file = waiting.pop(); file !== undefined; file = waiting.pop()) {
    if (done.has(file)) {
      continue;
    }
    done.add(file);
    const text = fs.readFileSync(file, "utf8");
    const target = path.join(outdir, "types", path.relative(from, file));
    fs.mkdirSync(path.dirname(target), { recursive: true });
    fs.writeFileSync(target, text);
    for (const { fileName } of ts.preProcessFile(text, true, true).importedFiles) {
      if (!fileName.startsWith(".")) {
        throw new Error(
          `The public types import "${fileName}" (${path.relative(root, file)}): they must need nothing.`,
        );
      }
      waiting.push(path.resolve(path.dirname(file), fileName.replace(/\.js$/, ".d.ts")));
    }
  }
}

function kilobytes(bytes) {
  return (bytes / 1000).toFixed(1);
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) {
  const flags = process.argv.slice(2);
  const onlyAt = flags.indexOf("--only");
  const only = onlyAt < 0 ? null : (flags[onlyAt + 1] ?? "").split(",");
  try {
    if (flags.includes("--list")) {
      console.log(JSON.stringify(outputs));
    } else if (flags.includes("--watch")) {
      await watch();
    } else {
      await build({ production: flags.includes("--production"), only });
    }
  } catch (error) {
    // esbuild has printed its own errors already.
    console.error(error.errors === undefined ? error.message : "The build failed: see the errors above.");
    process.exit(1);
  }
}
