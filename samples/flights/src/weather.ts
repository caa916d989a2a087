// Do flights to and from Seattle run late when it is usually wet there?
import { stage } from "restage";
import { correlation, mean, round, share } from "./lib/statistics.js";
import { groupBy, indexBy } from "./lib/tables.js";
import { flights, weather } from "./sources.js";

const SEATTLE = "SEA";
const WET_FROM_MM = 1;

/** 2001-01-31 → 01-31: what days of different years have in common. */
const dayOfYear = (day: string): string => day.slice(5);

// The weather on file is of other years than the flights, so only what is usual for a day of the year can be compared.
export const usualWeather = stage({ weather }, ({ weather }) =>
  [...groupBy(weather, ({ day }) => dayOfYear(day))].map(([day, years]) => ({
    dayOfYear: day,
    wetShare: share(years, (year) => year.rainMm >= WET_FROM_MM),
    rainMm: round(mean(years.map((year) => year.rainMm))),
    windMs: round(mean(years.map((year) => year.windMs))),
  })),
);

export const seattleDays = stage({ flights, usualWeather }, ({ flights, usualWeather }) => {
  const usual = indexBy(usualWeather, (day) => day.dayOfYear);
  const here = flights.filter((flight) => flight.origin === SEATTLE || flight.destination === SEATTLE);

  return [...groupBy(here, (flight) => flight.departed.toISOString().slice(0, 10))].flatMap(([day, rows]) => {
    const weather = usual.get(dayOfYear(day));
    if (!weather) return [];
    return {
      day,
      flights: rows.length,
      meanDelay: round(mean(rows.map((row) => row.delay))),
      usualWetShare: weather.wetShare,
      usualRainMm: weather.rainMm,
      usualWindMs: weather.windMs,
    };
  });
});

// A stage may return any JSON-like value: what is not rows is stored as JSON.
export const rainAndDelay = stage(
  { seattleDays },
  ({ seattleDays }) => {
    const delays = seattleDays.map((day) => day.meanDelay);
    const usuallyWet = seattleDays.filter((day) => day.usualWetShare >= 0.5);
    const usuallyDry = seattleDays.filter((day) => day.usualWetShare < 0.5);
    return {
      days: seattleDays.length,
      correlationOfDelay: {
        withUsualRain: round(
          correlation(
            delays,
            seattleDays.map((day) => day.usualRainMm),
          ),
          3,
        ),
        withUsualWind: round(
          correlation(
            delays,
            seattleDays.map((day) => day.usualWindMs),
          ),
          3,
        ),
      },
      meanDelay: {
        usuallyWetDays: round(mean(usuallyWet.map((day) => day.meanDelay))),
        usuallyDryDays: round(mean(usuallyDry.map((day) => day.meanDelay))),
      },
    };
  },
  { description: "Delay in Seattle against the usual weather of the day.", tags: ["report"] },
);
