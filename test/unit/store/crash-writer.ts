import { createHash } from "node:crypto";
import { encodeValue } from "../../../src/store/codec.js";
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
  const encoded = await encodeValue(bytes, temporary, {});
  const adopted = await store.adopt(temporary, "raw");
  await store.putRecord(recordOf(keyOf(name), { ...encoded, ...adopted }, { stage: `${index % 3}` as StageId }));
  stdout.write(`${keyOf(name)}\n`);
}
await store.dispose();
