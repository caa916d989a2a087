#!/usr/bin/env node
// Puts the sample's data in place: copies it from the npm package `vega-datasets`. Copying again changes nothing.
import { copyFileSync, existsSync, mkdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const here = dirname(fileURLToPath(import.meta.url));
const from = join(here, "..", "node_modules", "vega-datasets", "data");
const to = join(here, "flights", "data");

if (!existsSync(from)) {
  console.error(
    `The sample's data comes from the npm package vega-datasets, which is not installed: run npm ci in ${dirname(here)}.`,
  );
  process.exit(1);
}
mkdirSync(to, { recursive: true });
for (const name of ["airports.csv", "flights-20k.json", "seattle-weather.csv"]) {
  const source = join(from, name);
  const target = join(to, name);
  if (!existsSync(target) || !readFileSync(target).equals(readFileSync(source))) {
    copyFileSync(source, target);
  }
}
