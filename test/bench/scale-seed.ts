/** Results for every stage without running any: the figures are about statuses, and a thousand child processes are not. */
import { writeFile } from "node:fs/promises";
import { computeKey, nodeMajor, resultOptions } from "../../src/core/key.js";
import { PRESENT_FORMAT } from "../../src/core/record-format.js";
import type { Project } from "../../src/engine/project.js";
import { resolveInputs, type UpstreamResult } from "../../src/engine/resolve-inputs.js";
import type { StageId } from "../../src/protocol/ids.js";
import type { StoredValue } from "../../src/protocol/record.js";
import { topologicalOrder } from "../../src/core/order.js";
import { upstreamIds } from "../../src/engine/stage-order.js";

/** Files a small result for each stage under the key it has now, upstreams first. */
export async function seedResults(project: Project): Promise<void> {
  await project.store.open();
  const evaluations = project.evaluations();
  const graph = new Map([...evaluations].map(([id, e]) => [id, upstreamIds(e.declaration)]));
  const results = new Map<StageId, UpstreamResult>();
  for (const id of topologicalOrder(graph)) {
    const evaluation = evaluations.get(id);
    if (evaluation?.code?.ok !== true) throw new Error(`${id} has no known code`);
    const { declaration, code } = evaluation;
    const inputs = await resolveInputs(declaration, {
      root: project.root,
      disk: project.disk,
      memo: project.memo,
      cache: "",
      params: {},
      environment: {},
      upstream: (stage) => results.get(stage) ?? null,
    });
    const options = resultOptions(declaration.options);
    const node = nodeMajor(process.version) ?? 0;
    const key = computeKey({ fingerprint: code.data.fingerprint, inputs: inputs.records, options, node });
    const temporary = await project.store.newTemporary();
    await writeFile(temporary, JSON.stringify({ id, rows: [1, 2, 3] }));
    const { digest, bytes } = await project.store.adopt(temporary, "json");
    const result: StoredValue = { digest, kind: "json", format: "json", bytes, rows: null, columns: null };
    await project.store.putRecord({
      format: PRESENT_FORMAT,
      graph: null,
      sources: null,
      migratedFrom: null,
      key,
      stage: id,
      result,
      fingerprint: code.data,
      inputs: inputs.records,
      options,
      durationMs: 12,
      createdAt: new Date().toISOString(),
      producer: "bench",
      node: process.version,
      host: "bench",
      log: "",
    });
    results.set(id, { kind: "stored", value: result });
  }
  await project.refresh();
}
