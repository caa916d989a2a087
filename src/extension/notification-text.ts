/**
 * The editor turns `[text](command:…)` in a notification into a link that runs a command when clicked. Names and error
 * texts come from code and data, so what is put into a notification must not be able to form such a link.
 */
import { plainText } from "../core/plain-text.js";

const ZERO_WIDTH_SPACE = "\u200b";

/** Text for a notification: reads the same, obeys nothing. Control characters go first, as they could hide in a link. */
export function notificationText(text: string): string {
  return plainText(text).replaceAll("](", `]${ZERO_WIDTH_SPACE}(`);
}
