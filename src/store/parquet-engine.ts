import type * as ArrowModule from "apache-arrow";
import type * as WasmModule from "parquet-wasm/node";

export type Arrow = typeof ArrowModule;
export type Wasm = typeof WasmModule;

/**
 * Apache Arrow and parquet-wasm, loaded on first use: together they cost 5 MB and some 150 ms, which a process that only reads
 * records must not pay. `import()` remembers what it loaded, so this may be called freely.
 */
export async function loadEngine(): Promise<{ readonly arrow: Arrow; readonly wasm: Wasm }> {
  const [arrow, wasm] = await Promise.all([import("apache-arrow"), import("parquet-wasm/node")]);
  return { arrow, wasm };
}
