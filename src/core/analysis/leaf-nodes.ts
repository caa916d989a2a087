/** The ends of the code graph: what code reaches outside of the project's sources. One node for each, however often it is used. */
import { CodeNode, NO_FACTS, NO_LINKS, type NodeFacts } from "./code-node.js";
import type { Outside } from "./module-graph.js";
import { dataEntry } from "./slice-entries.js";

export class LeafNodes {
  readonly #nodes = new Map<string, CodeNode>();
  readonly #displayPath: (file: string) => string;

  constructor(displayPath: (file: string) => string) {
    this.#displayPath = displayPath;
  }

  /** A member that a namespace does not have. */
  absent(): CodeNode {
    return this.#leaf("absent", "absent");
  }

  /** A stage used inside the code of another. */
  stage(name: string): CodeNode {
    return this.#leaf(`stage ${name}`, JSON.stringify(["stage", name]));
  }

  outside(outside: Outside): CodeNode {
    switch (outside.to) {
      case "runtime":
        return this.#leaf("runtime", "runtime");
      case "builtin":
        return this.#leaf(`builtin ${outside.name}`, JSON.stringify(["builtin", outside.name.replace(/^node:/, "")]), {
          package: { name: outside.name.startsWith("node:") ? outside.name : `node:${outside.name}`, version: "" },
        });
      case "package": {
        const { to, ...entry } = outside;
        const own = JSON.stringify([to, entry.name, entry.version, entry.content, entry.dependencies]);
        return this.#leaf(own, own, { package: entry });
      }
      case "data": {
        const entry = dataEntry(this.#displayPath(outside.file), outside.digest);
        return this.#leaf(JSON.stringify([outside.file, outside.digest]), JSON.stringify(["data", outside.digest]), {
          entry,
          file: outside.file,
        });
      }
    }
  }

  #leaf(key: string, own: string, facts: Partial<NodeFacts> = {}): CodeNode {
    let leaf = this.#nodes.get(key);
    if (!leaf) {
      leaf = new CodeNode({ own: () => own, link: () => NO_LINKS, facts: () => ({ ...NO_FACTS, ...facts }) });
      this.#nodes.set(key, leaf);
    }
    return leaf;
  }
}
