import assert from "node:assert/strict";
import { notificationText } from "../../../src/extension/notification-text.js";

describe("text in a notification", () => {
  /** How the editor finds links in the text of a notification. */
  const link = /\[([^\]]+)\]\(((?:https?:\/\/|command:|file:)[^)\s]+)(?: (["'])(.+?)(\3))?\)/i;

  it("has no links, whatever a stage throws", () => {
    const thrown = ["a [b](command:x) c [d](https://e.test)", "[a]\u0007(command:x)", "[a]\u001b[0m(command:x)"];
    assert.match(thrown[0] ?? "", link);
    for (const text of thrown) assert.doesNotMatch(notificationText(text), link);
  });

  it("reads as before", () => {
    assert.equal(notificationText("rows[0] (of 3)\n(next)"), "rows[0] (of 3)\n(next)");
    assert.equal(notificationText("table[1](2)").replace("\u200b", ""), "table[1](2)");
  });
});
