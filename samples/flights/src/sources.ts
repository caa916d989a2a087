// Sources: each stage reads one file and gives it a shape. Nothing else in the project knows the files' formats.
import { readFile } from "node:fs/promises";
import { file, stage } from "restage";
import { number, parseCsv, text } from "./lib/csv.js";

export interface Airport {
  code: string;
  name: string;
  city: string;
  state: string;
  latitude: number;
  longitude: number;
}

export interface Flight {
  /** Local time of departure, kept as if it were UTC: the data has no time zones. */
  departed: Date;
  origin: string;
  destination: string;
  miles: number;
  /** Minutes late on arrival; negative when early. */
  delay: number;
}

export interface WeatherDay {
  /** Year, month and day: 2012-01-31. */
  day: string;
  rainMm: number;
  highestC: number;
  windMs: number;
}

// `file` gives the run function a path. The stage is stale when the file's content changes, not when it is touched.
export const airports = stage({ csv: file("data/airports.csv") }, async ({ csv }): Promise<Airport[]> => {
  const records = parseCsv(await readFile(csv, "utf8"));
  return records.map((record) => ({
    code: text(record, "iata"),
    name: text(record, "name"),
    city: text(record, "city"),
    state: text(record, "state"),
    latitude: number(record, "latitude"),
    longitude: number(record, "longitude"),
  }));
});

/** A flight as the file has it. */
interface RawFlight {
  date: string;
  delay: number;
  distance: number;
  origin: string;
  destination: string;
}

export const flights = stage({ json: file("data/flights-20k.json") }, async ({ json }): Promise<Flight[]> => {
  const raw = JSON.parse(await readFile(json, "utf8")) as RawFlight[];
  // Dates come back from the cache as dates.
  return raw.map(({ date, delay, distance, origin, destination }) => ({
    departed: new Date(`${date.replaceAll("/", "-").replace(" ", "T")}Z`),
    origin,
    destination,
    miles: distance,
    delay,
  }));
});

export const weather = stage({ csv: file("data/seattle-weather.csv") }, async ({ csv }): Promise<WeatherDay[]> => {
  const records = parseCsv(await readFile(csv, "utf8"));
  return records.map((record) => ({
    day: text(record, "date"),
    rainMm: number(record, "precipitation"),
    highestC: number(record, "temp_max"),
    windMs: number(record, "wind"),
  }));
});
