/**
 * What a person installs: the exact files of the packed extension, and their size. A file that is missing breaks the
 * extension only when it is needed; one too many ships sources, maps or somebody's data.
 * `UPDATE_GOLDEN=1` writes the list anew, to be read before it is committed.
 */
import * as assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { fileURLToPath } from "node:url";

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), "../../..");
const golden = path.join(root, "test", "fixtures", "vsix-files.txt");
/** Mostly esbuild's executable (4.5 MB packed) and parquet-wasm (1.5 MB). */
const MAX_BYTES = 8_000_000;

describe("the packed extension (.vsix)", function () {
  this.timeout(120_000);
  let folder = "";
  let vsix = "";

  before(() => {
    folder = fs.mkdtempSync(path.join(os.tmpdir(), "restage-vsix-"));
    vsix = process.env["RESTAGE_VSIX"] ?? packInto(folder);
  });
  after(() => {
    fs.rmSync(folder, { recursive: true, force: true });
  });

  it("holds exactly the files of the list", () => {
    const files = listZip(fs.readFileSync(vsix))
      .map((entry) => entry.name.replace(/@esbuild\/[^/]+\/(?:bin\/)?/, "@esbuild/<platform>/"))
      .sort();
    const text = `${files.join("\n")}\n`;
    if (process.env["UPDATE_GOLDEN"] === "1") {
      fs.writeFileSync(golden, text);
    }
    assert.equal(text, fs.readFileSync(golden, "utf8"));
  });

  it(`is smaller than ${MAX_BYTES / 1_000_000} MB`, () => {
    const { size } = fs.statSync(vsix);
    assert.ok(size < MAX_BYTES, `${size} bytes`);
  });

  it("keeps the executable bit of esbuild, which starts it as a process", () => {
    const entries = listZip(fs.readFileSync(vsix)).filter((entry) => /\/@esbuild\/.*\/esbuild$/.test(entry.name));
    assert.deepEqual(
      entries.map((entry) => (entry.mode & 0o111) !== 0),
      process.platform === "win32" ? [] : [true],
    );
  });
});

function packInto(folder: string): string {
  const tool = path.join(root, "test", "tools", "package.mjs");
  const result = spawnSync(process.execPath, [tool, "--out", folder], { cwd: root, encoding: "utf8" });
  assert.equal(result.status, 0, result.stdout + result.stderr);
  const name = fs.readdirSync(folder).find((file) => file.endsWith(".vsix"));
  assert.ok(name !== undefined, "package.mjs makes a .vsix");
  return path.join(folder, name);
}

/** Names and modes from the central directory of a ZIP file (PKWARE APPNOTE 4.3.12). */
function listZip(bytes: Buffer): { readonly name: string; readonly mode: number }[] {
  const end = bytes.lastIndexOf(Buffer.from("PK\x05\x06", "latin1"));
  assert.ok(end >= 0, "a ZIP file has an end record");
  const count = bytes.readUInt16LE(end + 10);
  let at = bytes.readUInt32LE(end + 16);
  return Array.from({ length: count }, () => {
    const [nameLength, extraLength, commentLength] = [28, 30, 32].map((offset) => bytes.readUInt16LE(at + offset));
    const name = bytes.toString("utf8", at + 46, at + 46 + nameLength!);
    const mode = bytes.readUInt32LE(at + 38) >>> 16;
    at += 46 + nameLength! + extraLength! + commentLength!;
    return { name, mode };
  });
}
