import type { PackageEntry, SliceEntry } from "../../protocol/fingerprint.js";
import type { SourceLocation, UntrackedPlace } from "../../protocol/stage.js";

/** A labelled way from one piece of code to what it uses. Labels hold no path and no position. */
export interface Edge {
  readonly label: string;
  /** The same by the words of the code, where the label counts. */
  readonly by?: string;
  readonly target: CodeNode;
}

/** Why a stage's code cannot be known. */
export interface CodeFailure {
  readonly message: string;
  readonly location: SourceLocation;
}

/** What a node says about itself to people; none of it is hashed, and it is only asked for when somebody looks. */
export interface NodeFacts {
  readonly entry: SliceEntry | null;
  readonly package: PackageEntry | null;
  /** The file whose text the node stands for. */
  readonly file: string | null;
  readonly code: NodeCode | null;
}

/** Source text behind a node, and how to read another text in its place. */
export interface NodeCode {
  readonly part: "run" | "unit";
  readonly text: string;
  /** What tsconfig.json says of the syntax in it, where that is not the default. `null`: more than that decides. */
  readonly settings: string | null;
  readonly readsAs: ReadsAs;
}

/** Whether a text that stood here once reads today as what stands here now. */
export type ReadsAs = (then: {
  readonly text: string;
  /** Whether it had the hash that is there now: that says something only of what the text does not tell. */
  readonly sameHash: boolean;
  readonly settings: string | null;
}) => boolean;

export interface NodeLinks {
  readonly edges: readonly Edge[];
  /** Places in the code, and in how it is linked, that cannot be followed. */
  readonly untracked: readonly UntrackedPlace[];
  readonly failure: CodeFailure | null;
}

/** The node's current content. Asked again after an edit, so it must not be kept by others. */
export interface NodeSource {
  own(): string;
  link(): NodeLinks;
  facts(): NodeFacts;
}

export const NO_FACTS: NodeFacts = { entry: null, package: null, file: null, code: null };
export const NO_LINKS: NodeLinks = { edges: [], untracked: [], failure: null };

let refreshes = 0;

/** How often any node looked at its source again: while this is the same, what was read of nodes still holds. */
export function refreshCount(): number {
  return refreshes;
}

/**
 * One piece of code in the graph. Invariant: a node has a deep hash only while every node it reaches has one; whoever
 * changes a node clears it here and in all that depend on it.
 */
export class CodeNode {
  deep: string | null = null;
  /** Of a node with a deep hash: whether it or anything it reaches is notable, so that the rest need not be walked. */
  reachesNotable = false;
  /** The last walk that came by: cheaper than a set for each of thousands of walks. */
  walk = 0;
  readonly #source: NodeSource;
  readonly #dependents = new Set<CodeNode>();
  #own: string | null = null;
  #links: NodeLinks | null = null;
  #facts: NodeFacts | null = null;

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

  get links(): NodeLinks {
    return this.#linked();
  }

  /** Whether it has something to say that a status must tell: it fails, or cannot be followed. */
  get notable(): boolean {
    return isNotable(this.#linked());
  }

  facts(): NodeFacts {
    this.#facts ??= this.#source.facts();
    return this.#facts;
  }

  /** Looks at the source again. Hashes are dropped, here and upwards, only if something that counts is different. */
  refresh(): void {
    refreshes++;
    const { own: ownBefore } = this;
    const before = this.#links;
    this.#facts = null;
    this.#own = this.#source.own();
    let changed = this.#own !== ownBefore;
    if (before) {
      const now = this.#source.link();
      this.#links = now;
      changed ||= isNotable(before) !== isNotable(now);
      if (!sameEdges(before.edges, now.edges)) {
        changed = true;
        for (const edge of before.edges) edge.target.#dependents.delete(this);
        for (const edge of now.edges) edge.target.#dependents.add(this);
      }
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
      for (const dependent of node.#dependents) pending.push(dependent);
    }
  }
}

function isNotable({ untracked, failure }: NodeLinks): boolean {
  return untracked.length > 0 || failure !== null;
}

function sameEdges(a: readonly Edge[], b: readonly Edge[]): boolean {
  return a.length === b.length && a.every((edge, i) => edge.label === b[i]?.label && edge.target === b[i].target);
}

/** Stands for code that cannot be known: whatever reaches it is unknown. */
export function failureNode(failure: CodeFailure): CodeNode {
  return new CodeNode({
    own: () => JSON.stringify(["failure", failure.message]),
    link: () => ({ ...NO_LINKS, failure }),
    facts: () => NO_FACTS,
  });
}
