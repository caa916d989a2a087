import assert from "node:assert/strict";
import * as fs from "node:fs";
import * as path from "node:path";
import {
  COMMANDS,
  CONTEXT_KEYS,
  EXTENSION_ID,
  LANGUAGES,
  PREVIEW_VIEW_TYPE,
  SETTINGS,
  TREE_CONTEXTS,
  VIEW_ID,
  WALKTHROUGH_ID,
} from "../../../src/extension/contributions.js";

interface Entry {
  readonly command: string;
  readonly when?: string;
}
interface Manifest {
  readonly name: string;
  readonly publisher: string;
  readonly icon: string;
  readonly activationEvents: readonly string[];
  readonly capabilities: {
    readonly untrustedWorkspaces: { readonly supported: unknown; readonly restrictedConfigurations: readonly string[] };
    readonly virtualWorkspaces: { readonly supported: unknown };
  };
  readonly contributes: {
    readonly commands: readonly {
      readonly command: string;
      readonly title: string;
      readonly category: string;
      readonly icon: string;
    }[];
    readonly menus: { readonly [place: string]: readonly Entry[] };
    readonly configuration: { readonly properties: { readonly [name: string]: { readonly scope: string } } };
    readonly views: { readonly [container: string]: readonly { readonly id: string }[] };
    readonly viewsWelcome: readonly { readonly contents: string; readonly when: string }[];
    readonly walkthroughs: readonly {
      readonly id: string;
      readonly steps: readonly { readonly description: string; readonly media: { readonly markdown: string } }[];
    }[];
    readonly jsonValidation: readonly { readonly url: string }[];
  };
}

const root = path.resolve(import.meta.dirname, "../../..");
const manifest = JSON.parse(fs.readFileSync(path.join(root, "package.json"), "utf8")) as Manifest;
const { contributes } = manifest;
const commands = Object.values(COMMANDS);
const whens = [
  ...Object.values(contributes.menus).flatMap((entries) => entries.map((entry) => entry.when ?? "")),
  ...contributes.viewsWelcome.map((welcome) => welcome.when),
];

describe("the manifest and the code name the same things", () => {
  it("commands", () => {
    assert.deepEqual(contributes.commands.map(({ command }) => command).sort(), [...commands].sort());
    assert.ok(
      contributes.commands.every(
        ({ category, title, icon }) => category === "Restage" && title !== "" && icon.startsWith("$("),
      ),
    );
  });

  it("settings", () => {
    assert.deepEqual(Object.keys(contributes.configuration.properties).sort(), Object.values(SETTINGS).sort());
  });

  it("commands and context keys in menus, welcome texts and the walkthrough", () => {
    const used = Object.values(contributes.menus).flatMap((entries) => entries.map(({ command }) => command));
    const texts = [
      ...contributes.viewsWelcome.map(({ contents }) => contents),
      ...contributes.walkthroughs.flatMap(({ steps }) => steps.map(({ description }) => description)),
    ];
    used.push(
      ...texts.flatMap((text) => [...text.matchAll(/\(command:(restage\.[^)]+)\)/g)].map(([, id]) => id ?? "")),
    );
    assert.deepEqual(
      used.filter((id) => !commands.some((command) => command === id)),
      [],
    );
    const keys = new Set(whens.flatMap((when) => [...when.matchAll(/restage\.\w+/g)].map(([key]) => key)));
    keys.delete(VIEW_ID);
    assert.deepEqual([...keys].sort(), Object.values(CONTEXT_KEYS).sort());
  });

  it("kinds of tree nodes that menus select by", () => {
    const known: readonly string[] = Object.values(TREE_CONTEXTS);
    for (const when of whens) {
      for (const [, name] of when.matchAll(/viewItem == ([\w.]+)/g)) assert.ok(known.includes(name ?? ""), when);
      for (const [, source] of when.matchAll(/viewItem =~ \/(.*?)\/(?: |$)/g)) {
        assert.ok(
          known.some((context) => new RegExp(source ?? "").test(context)),
          when,
        );
      }
    }
  });

  it("views, languages, panels and ids", () => {
    assert.deepEqual(
      Object.values(contributes.views)
        .flat()
        .map(({ id }) => id),
      [VIEW_ID],
    );
    assert.equal(EXTENSION_ID, `${manifest.publisher}.${manifest.name}`);
    assert.deepEqual(
      contributes.walkthroughs.map(({ id }) => `${EXTENSION_ID}#${id}`),
      [WALKTHROUGH_ID],
    );
    for (const event of [
      ...LANGUAGES.map((language) => `onLanguage:${language}`),
      `onWebviewPanel:${PREVIEW_VIEW_TYPE}`,
    ]) {
      assert.ok(manifest.activationEvents.includes(event), event);
    }
  });

  it("files", () => {
    const files = [
      manifest.icon,
      ...contributes.jsonValidation.map(({ url }) => url),
      ...contributes.walkthroughs.flatMap(({ steps }) => steps.map(({ media }) => media.markdown)),
    ];
    assert.deepEqual(
      files.filter((file) => !fs.existsSync(path.join(root, file))),
      [],
    );
  });
});

describe("the manifest keeps what a workspace can do small (security rows 1 to 3)", () => {
  it("runs nothing in Restricted Mode and not at all in virtual workspaces", () => {
    assert.equal(manifest.capabilities.untrustedWorkspaces.supported, "limited");
    assert.equal(manifest.capabilities.virtualWorkspaces.supported, false);
  });

  it("lets no workspace choose the program that runs", () => {
    assert.equal(contributes.configuration.properties[SETTINGS.nodePath]?.scope, "machine");
    assert.ok(manifest.capabilities.untrustedWorkspaces.restrictedConfigurations.includes(SETTINGS.nodePath));
  });
});
