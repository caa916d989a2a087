/**
 * The same graph of tasks for several tools: a chain (each task needs the one before) or a fan (all need the first). Each task
 * reads a file and writes one; for Restage each stage has a source file of its own, as a target of make has a file and a task
 * of turbo a package.
 */
import { mkdirSync, writeFileSync } from "node:fs";
import * as path from "node:path";

export type Shape = "chain" | "fan";

/** The task that task `i` needs; `null` for the first.*/
function needs(shape: Shape, i: number): number | null {
  if (i === 0) return null;
  return shape === "chain" ? i - 1 : 0;
}

const name = (i: number): string => `task${String(i).padStart(5, "0")}`;

function write(file: string, text: string): void {
  mkdirSync(path.dirname(file), { recursive: true });
  writeFileSync(file, text);
}

export function writeRestage(folder: string, shape: Shape, count: number): void {
  write(path.join(folder, "package.json"), JSON.stringify({ name: "tasks", type: "module", private: true }));
  write(path.join(folder, "seed.txt"), "seed\n");
  for (let i = 0; i < count; i++) {
    const before = needs(shape, i);
    const text =
      before === null
        ? `import { readFileSync } from "node:fs";
import { file, stage } from "restage";

export const ${name(i)} = stage({ seed: file("seed.txt") }, ({ seed }) => ({ text: readFileSync(seed, "utf8").slice(-100) }));
`
        : `import { stage } from "restage";
import { ${name(before)} } from "./${name(before)}.js";

export const ${name(i)} = stage({ before: ${name(before)} }, ({ before }) => ({ text: (before.text + ${i}).slice(-100) }));
`;
    write(path.join(folder, "src", `${name(i)}.ts`), text);
  }
}

export function writeMake(folder: string, shape: Shape, count: number): void {
  const rules = [`all: ${Array.from({ length: count }, (_, i) => `out/${name(i)}`).join(" ")}\n`];
  for (let i = 0; i < count; i++) {
    const before = needs(shape, i);
    const needed = before === null ? "" : ` out/${name(before)}`;
    // A file of its own for each task, as each stage and each package has one: looking for a way to make it costs make most.
    write(path.join(folder, "src", name(i)), `${i}\n`);
    rules.push(`out/${name(i)}: src/${name(i)}${needed}\n\t@cat $^ | tail -c 100 > $@\n`);
  }
  write(path.join(folder, "Makefile"), rules.join("\n"));
  mkdirSync(path.join(folder, "out"), { recursive: true });
}

export function writeTurbo(folder: string, shape: Shape, count: number): void {
  write(
    path.join(folder, "package.json"),
    JSON.stringify({ name: "tasks", private: true, workspaces: ["packages/*"], packageManager: "npm@10.0.0" }),
  );
  write(
    path.join(folder, "turbo.json"),
    JSON.stringify({ tasks: { build: { dependsOn: ["^build"], inputs: ["in.txt"], outputs: ["out.txt"] } } }),
  );
  const locked: Record<string, object> = { "": { name: "tasks", workspaces: ["packages/*"] } };
  for (let i = 0; i < count; i++) {
    const before = needs(shape, i);
    const dependencies = before === null ? {} : { [name(before)]: "*" };
    const own = path.join(folder, "packages", name(i));
    const manifest = {
      name: name(i),
      version: "1.0.0",
      scripts: { build: "cat in.txt | tail -c 100 > out.txt" },
      dependencies,
    };
    write(path.join(own, "package.json"), JSON.stringify(manifest));
    write(path.join(own, "in.txt"), `${i}\n`);
    locked[`packages/${name(i)}`] = { name: name(i), version: "1.0.0", dependencies };
    locked[`node_modules/${name(i)}`] = { resolved: `packages/${name(i)}`, link: true };
  }
  write(
    path.join(folder, "package-lock.json"),
    JSON.stringify({ name: "tasks", lockfileVersion: 3, requires: true, packages: locked }),
  );
  write(path.join(folder, ".gitignore"), "out.txt\n.turbo\nnode_modules\n");
}
