// Where flights go, and how late they are.
import { param, stage } from "restage";
import { mean, median, round, share } from "./lib/statistics.js";
import { descending, groupBy, indexBy } from "./lib/tables.js";
import { airports, flights } from "./sources.js";

/** The U.S. Department of Transportation counts a flight as late from 15 minutes on. */
const LATE_FROM_MINUTES = 15;

// Stages are inputs by name, with their types: `flights` is a Flight[] here.
export const located = stage({ flights, airports }, ({ flights, airports }, { log, progress }) => {
  const byCode = indexBy(airports, (airport) => airport.code);
  const unknown = new Set<string>();

  const rows = flights.flatMap((flight, i) => {
    progress(i / flights.length, "joining flights with airports");
    const origin = byCode.get(flight.origin);
    const destination = byCode.get(flight.destination);
    if (!origin || !destination) {
      unknown.add(origin ? flight.destination : flight.origin);
      return [];
    }
    return {
      ...flight,
      originCity: origin.city,
      originState: origin.state,
      destinationCity: destination.city,
      destinationState: destination.state,
    };
  });

  log.info("%d of %d flights have both airports", rows.length, flights.length);
  if (unknown.size > 0) {
    log.warn("unknown airports:", [...unknown].join(", "));
  }
  return rows;
});

// A parameter: its value is in restage.json. Changing it makes this stage stale and no other.
export const topRoutes = stage({ located, minFlights: param("minFlights", 10) }, ({ located, minFlights }) => {
  const routes = groupBy(located, ({ origin, destination }) => `${origin}-${destination}`);
  return [...routes]
    .filter(([, rows]) => rows.length >= minFlights)
    .map(([route, rows]) => ({
      route,
      // Every group has a first row; the types cannot know.
      from: rows[0]?.originCity ?? "",
      to: rows[0]?.destinationCity ?? "",
      flights: rows.length,
      medianDelay: median(rows.map((row) => row.delay)),
      lateShare: round(
        share(rows, (row) => row.delay >= LATE_FROM_MINUTES),
        3,
      ),
    }))
    .sort(descending((route) => route.flights));
});

// Only two columns: this stage stays fresh when an edit of `located` changes the others.
export const byState = stage({ rows: located.columns("originState", "delay") }, ({ rows }) =>
  [...groupBy(rows, (row) => row.originState)]
    .map(([state, group]) => ({
      state,
      flights: group.length,
      meanDelay: round(mean(group.map((row) => row.delay))),
      lateShare: round(
        share(group, (row) => row.delay >= LATE_FROM_MINUTES),
        3,
      ),
    }))
    .sort(descending((state) => state.flights)),
);
