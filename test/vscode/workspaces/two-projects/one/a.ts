import { stage } from "restage";
import { factor } from "../shared.js";

export const first = stage({}, () => [{ value: 1 * factor }]);
