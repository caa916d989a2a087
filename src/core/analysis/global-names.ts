/**
 * Names that the language and Node define. Any other name that nobody declares is a property of the global object that some
 * module may have set, so that it matters which of them ran before.
 */
const DEFINED = new Set(
  (
    "undefined NaN Infinity Object Function Array String Number Boolean Symbol BigInt Math Date RegExp JSON Map Set WeakMap " +
    "WeakSet WeakRef FinalizationRegistry Promise Proxy Reflect Intl Iterator Atomics SharedArrayBuffer ArrayBuffer DataView " +
    "Int8Array Uint8Array Uint8ClampedArray Int16Array Uint16Array Int32Array Uint32Array Float16Array Float32Array " +
    "Float64Array BigInt64Array BigUint64Array Error AggregateError EvalError RangeError ReferenceError SyntaxError TypeError " +
    "URIError parseInt parseFloat isNaN isFinite encodeURI encodeURIComponent decodeURI decodeURIComponent escape unescape " +
    "eval console process Buffer URL URLSearchParams TextEncoder TextDecoder AbortController AbortSignal Blob File FormData " +
    "Headers Request Response fetch structuredClone queueMicrotask setTimeout setInterval setImmediate clearTimeout " +
    "clearInterval clearImmediate performance crypto atob btoa Event EventTarget WebAssembly navigator require module exports " +
    "__filename __dirname arguments"
  ).split(" "),
);

export function maySeeGlobals(name: string): boolean {
  return !DEFINED.has(name);
}
