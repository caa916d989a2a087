import { stage } from "restage";

export const second = stage({}, () => [{ value: 2 }]);
