import { stage } from "restage";

export const one = stage({}, () => [{ value: 1 }]);
