import { createHash } from "node:crypto";
import { writeFile } from "node:fs/promises";
import { argv, stdout } from "node:process";
import type { StageId } from "../../../src/protocol/ids.js";
import { LocalStore } from "../../../src/store/local-store.js";
import { keyOf, recordOf } from "../../support/store-conformance.js";

/** A process that files results as fast as it can, saying each key once it is filed: `node crash-writer <folder> <seed> <count>`. */
const [, , folder = "", seed = "", count = "0"] = argv;
const store = new LocalStore({ folder });
await store.open();
stdout.write("ready\n");
for (let index = 0; index < Number(count); index++) {
  const name = `${seed}-${index}`;
  const bytes = Buffer.from(
    createHash("sha512")
      .update(name)
      .digest("hex")
      .repeat((index % 40) + 1),
  );
  const temporary = await store.newTemporary();
  await writeFile(temporary, bytes);
  const adopted = await store.adopt(temporary, "raw");
  await store.putRecord(
    recordOf(
      keyOf(name),
      { ...adopted, kind: "bytes", format: "raw", rows: null, columns: null },
      { stage: `${index % 3}` as StageId },
    ),
  );
  stdout.write(`${keyOf(name)}\n`);
}
await store.dispose();
