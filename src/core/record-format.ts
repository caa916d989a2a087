/** Which records of a store are of today's format, and which an older or newer Restage wrote. */
import { RECORD_VERSION, type RecordFormat } from "../protocol/record.js";
import { ANALYSIS_VERSION } from "./analysis/file-summary.js";
import { KEY_VERSION } from "./key.js";

export const PRESENT_FORMAT: RecordFormat = {
  record: RECORD_VERSION,
  key: KEY_VERSION,
  analysis: ANALYSIS_VERSION,
};

/** Whether an older version wrote it, so that its keys mean nothing today but its data does. */
export function isOlderFormat({ record, key, analysis }: RecordFormat): boolean {
  const newer = record > PRESENT_FORMAT.record || key > PRESENT_FORMAT.key || analysis > PRESENT_FORMAT.analysis;
  return !newer && (key < PRESENT_FORMAT.key || analysis < PRESENT_FORMAT.analysis);
}

export function isPresentFormat({ key, analysis }: RecordFormat): boolean {
  return key === PRESENT_FORMAT.key && analysis === PRESENT_FORMAT.analysis;
}
