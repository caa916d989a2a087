// The same kind of stages in the plain form: functions with a @stage comment, and nothing to import from the library.
import { mean, round } from "./lib/statistics.js";
import { descending, groupBy } from "./lib/tables.js";
import type { byState, located } from "./routes.js";

// Types of what other stages give. Parameters bind by their names: `byState` gets the result of the stage `byState`.
type States = Awaited<ReturnType<typeof byState>>;
type CityDelay = Pick<Awaited<ReturnType<typeof located>>[number], "originCity" | "delay">;

/**
 * States with enough flights to be compared, the most punctual first.
 *
 * @stage
 * @param-input minStateFlights 200
 */
export function punctualStates(byState: States, minStateFlights: number) {
  return byState
    .filter((state) => state.flights >= minStateFlights)
    .map((state) => ({ ...state, onTimeShare: round(1 - state.lateShare, 3) }))
    .sort(descending((state) => state.onTimeShare));
}

/**
 * How late flights are by city of departure, the latest first.
 *
 * @stage
 * @input rows stage:located.columns(originCity, delay)
 * @option tags ["cities"]
 */
export const lateCities = (rows: CityDelay[], { log }: { log: { info(...what: readonly unknown[]): void } }) => {
  const cities = [...groupBy(rows, (row) => row.originCity)];
  log.info("%d cities", cities.length);
  return cities
    .map(([city, group]) => ({ city, flights: group.length, meanDelay: round(mean(group.map((row) => row.delay))) }))
    .sort(descending((city) => city.meanDelay));
};
