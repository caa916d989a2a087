/** A project whose statuses depend on every kind of thing that can change outside a stage's own file. */
import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import * as path from "node:path";

const FILES: Readonly<Record<string, string>> = {
  "package.json": JSON.stringify({ name: "all", type: "module", imports: { "#inner": "./src/inner.ts" } }),
  "restage.json": JSON.stringify({ params: { min: 1 } }),
  "tsconfig.json": JSON.stringify({ extends: "./config/base.json" }),
  "config/base.json": JSON.stringify({
    extends: "./root.json",
    compilerOptions: { baseUrl: "..", paths: { "@lib/*": ["src/lib/*"] } },
  }),
  "config/root.json": JSON.stringify({ compilerOptions: { useDefineForClassFields: true } }),
  "data/a.csv": "1\n",
  "data/b.csv": "2\n",
  "elsewhere/one.txt": "one",
  "elsewhere/two.txt": "two",
  "src/inner.ts": "export const inner = 1;\n",
  "src/lib/box.ts": "export class Box { value = 1; }\n",
  "src/lib/late.js": "export const late = 1;\n",
  "src/table.json": `{ "rate": 2 }\n`,
  "src/pipeline.ts": `
import { readFileSync } from "node:fs";
import { env, file, files, param, stage } from "restage";
import { inner } from "#inner";
import { Box } from "@lib/box.js";
import { late } from "./lib/late.js";
import { dep } from "dep";
import { shared } from "shared";
import table from "./table.json" with { type: "json" };

const size = (paths: readonly string[]) => paths.map((p) => readFileSync(p, "utf8")).join("").length;
export const data = stage({ all: files("data/*.csv") }, ({ all }) => ({ size: size(all) }));
export const linked = stage({ one: file("linked.txt") }, ({ one }) => ({ size: size([one]) }));
export const named = stage({ who: env("RESTAGE_TEST_WHO", "nobody"), min: param("min", 0) }, ({ who, min }) => ({ who, min }));
export const coded = stage({ data }, ({ data }) => ({
  total: data.size + inner + new Box().value + late + dep + shared + table.rate,
}));
export const brief = stage({ coded }, ({ coded }) => coded.total, { ttl: "1h" });
`,
  "packages/shared/package.json": JSON.stringify({ name: "shared", type: "module", exports: "./index.ts" }),
  "packages/shared/index.ts": "export const shared = 1;\n",
  "node_modules/dep/package.json": JSON.stringify({ name: "dep", version: "1.0.0", type: "module", main: "index.js" }),
  "node_modules/dep/index.js": "export const dep = 1;\n",
};

export function writeSettledProject(root: string): void {
  for (const [file, text] of Object.entries(FILES)) {
    mkdirSync(path.dirname(path.join(root, file)), { recursive: true });
    writeFileSync(path.join(root, file), text);
  }
  symlinkSync("../packages/shared", path.join(root, "node_modules/shared"));
  symlinkSync("elsewhere/one.txt", path.join(root, "linked.txt"));
}
