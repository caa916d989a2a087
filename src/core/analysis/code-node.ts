import type { PackageEntry, SliceEntry } from "../../protocol/fingerprint.js";
import type { SourceLocation, UntrackedPlace } from "../../protocol/stage.js";

/** A labelled way from one piece of code to what it uses. Labels hold no path and no position. */
export interface Edge {
  readonly label: string;
  readonly target: CodeNode;
}

/** Why a stage's code cannot be known. */
export interface CodeFailure {
  readonly message: string;
  readonly location: SourceLocation;
}

/** What a node says about itself to people; none of it is hashed. */
export interface NodeFacts {
  readonly entry: SliceEntry | null;
  readonly package: PackageEntry | null;
  readonly failure: CodeFailure | null;
  readonly untracked: readonly UntrackedPlace[];
  /** The file whose text the node stands for. */
  readonly file: string | null;
}

export interface NodeLinks {
  readonly edges: readonly Edge[];
  /** Untracked places that linking found, beside those of the code itself. */
  readonly untracked: readonly UntrackedPlace[];
}

/** The node's current content. Asked again after an edit, so it must not be kept by others. */
export interface NodeSource {
  own(): string;
  link(): NodeLinks;
  facts(): NodeFacts;
}

export const NO_FACTS: NodeFacts = { entry: null, package: null, failure: null, untracked: [], file: null };
export const NO_LINKS: NodeLinks = { edges: [], untracked: [] };

/**
 * One piece of code in the graph. Invariant: a node has a deep hash only while every node it reaches has one; whoever
 * changes a node clears it here and in all that depend on it.
 */
export class CodeNode {
  deep: string | null = null;
  readonly #source: NodeSource;
  readonly #dependents = new Set<CodeNode>();
  #own: string | null = null;
  #links: NodeLinks | null = null;

  constructor(source: NodeSource) {
    this.#source = source;
  }

  get own(): string {
    this.#own ??= this.#source.own();
    return this.#own;
  }

  get edges(): readonly Edge[] {
    return this.#linked().edges;
  }

  facts(): NodeFacts {
    const facts = this.#source.facts();
    const { untracked } = this.#linked();
    return untracked.length === 0 ? facts : { ...facts, untracked: [...facts.untracked, ...untracked] };
  }

  /** Looks at the source again. Hashes are dropped, here and upwards, only if something that counts is different. */
  refresh(): void {
    const { own: ownBefore } = this;
    const before = this.#links;
    this.#own = this.#source.own();
    let changed = this.#own !== ownBefore;
    if (before) {
      this.#links = this.#source.link();
      changed ||= !sameEdges(before.edges, this.#links.edges);
      for (const edge of before.edges) edge.target.#dependents.delete(this);
      for (const edge of this.#links.edges) edge.target.#dependents.add(this);
    }
    if (changed) this.#forget();
  }

  #linked(): NodeLinks {
    if (!this.#links) {
      this.#links = this.#source.link();
      for (const edge of this.#links.edges) edge.target.#dependents.add(this);
    }
    return this.#links;
  }

  #forget(): void {
    const pending: CodeNode[] = [this];
    for (let node = pending.pop(); node; node = pending.pop()) {
      if (node.deep === null) continue;
      node.deep = null;
      pending.push(...node.#dependents);
    }
  }
}

function sameEdges(a: readonly Edge[], b: readonly Edge[]): boolean {
  return a.length === b.length && a.every((edge, i) => edge.label === b[i]?.label && edge.target === b[i].target);
}

/** Stands for code that cannot be known: whatever reaches it is unknown. */
export function failureNode(failure: CodeFailure): CodeNode {
  return new CodeNode({
    own: () => JSON.stringify(["failure", failure.message]),
    link: () => NO_LINKS,
    facts: () => ({ ...NO_FACTS, failure }),
  });
}
