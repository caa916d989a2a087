/**
 * What a module's units may use before it is made: `var made = make()` above the variable that `make` reads. Which side of
 * that variable it stands on decides what it gets, so that here, and only here, the order of declarations counts.
 */
import type { Reference } from "./file-summary.js";

interface Unit {
  readonly names: readonly string[];
  /** Functions are there from the beginning. */
  readonly isFunction: boolean;
  readonly acts: boolean;
  readonly references: readonly Reference[];
  readonly reads: readonly number[];
}

/** For each unit, the units after it that running it may reach: as numbers in the order of reach, which no name is part of. */
export function earlyUses(units: readonly Unit[]): number[][] {
  const declaring = new Map<string, number[]>();
  units.forEach(({ names }, index) => {
    for (const name of names) declaring.set(name, [...(declaring.get(name) ?? []), index]);
  });
  return units.map((unit, index) => {
    const early: number[] = [];
    const reached = new Set<number>([index]);
    const reach = ({ references }: Unit, positions: readonly number[] | null): void => {
      references.forEach((reference, position) => {
        if (reference.to !== "name" || positions?.includes(position) === false) return;
        for (const target of declaring.get(reference.name) ?? []) reached.add(target);
      });
    };
    if (unit.acts) reach(unit, null);
    else if (unit.reads.length > 0) reach(unit, unit.reads);
    let nth = 0;
    for (const target of reached) {
      const other = units[target];
      if (!other || target === index) continue;
      if (target > index && !other.isFunction) early.push(nth);
      nth++;
      // What is called may use anything that it mentions; what is only read is there or not.
      if (unit.acts) reach(other, null);
    }
    return early;
  });
}
