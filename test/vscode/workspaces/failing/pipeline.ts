import { stage } from "restage";

interface Person {
  readonly name: string | null;
}

const people: readonly Person[] = [{ name: "Ada" }, { name: "Grace" }];

export const loud = stage({}, () => people.map((person) => ({ name: shout(person) })));

export const after = stage({ loud }, ({ loud }) => loud.length);

function shout(person: Person): string {
  if (person.name === null) throw new TypeError("a person has no name");
  return person.name.toUpperCase();
}
