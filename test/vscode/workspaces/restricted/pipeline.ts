import { writeFileSync } from "node:fs";
import { stage } from "restage";

// Whatever loads this module leaves a trace.
writeFileSync("ran.txt", "the module was loaded");

export const orders = stage({}, () => {
  writeFileSync("ran.txt", "the stage ran");
  return [{ id: 1 }];
});
