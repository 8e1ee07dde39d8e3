import type { Node } from '@babel/types';
import type { Binding } from './scopes.ts';
import type { SourceFile } from './source-file.ts';
import type { Environment, Value } from './values.ts';

/**
 * What the names of one function, loop or class stand for during one particular run of it.
 *
 * Frames link the way scopes nest, so that a name further out is looked up further out. The same entry into the same
 * code always gives the same frame: results can be kept per frame, and two routers made by one factory stay two.
 */
export class Frame extends Map<Binding, readonly Value[]> {
  readonly file: SourceFile;
  /** The function, loop or class whose names these are. */
  readonly owner: Node;
  /** The frame of the code around the owner. */
  readonly outer: Environment;
  /** The call or list element that this run is for, and the frame it stands in. */
  readonly site: { readonly file: SourceFile; readonly node: Node; readonly environment: Environment };
  readonly self: Value | undefined;

  constructor(
    file: SourceFile,
    owner: Node,
    outer: Environment,
    site: Frame['site'],
    self: Value | undefined,
  ) {
    super();
    this.file = file;
    this.owner = owner;
    this.outer = outer;
    this.site = site;
    this.self = self;
  }

  override get(binding: Binding): readonly Value[] | undefined {
    return super.get(binding) ?? this.outer.get(binding);
  }
}

/**
 * How far the calls that led to an entry are told apart. Code that calls itself, or each other in turn, has runs
 * without end, and layers of calls multiply: what lies further in is looked at once, for all its callers.
 */
const mostEntered = { again: 2, deep: 12, sameSite: 2_000 };

/** Every frame of one run, each made once. */
export class Frames {
  private readonly bySite = new Map<Node, Map<Node, Frame[]>>();
  private made = 0;

  /** How many there are. */
  get size(): number {
    return this.made;
  }

  /** Lets go of every frame: the same entry gives another one from now on. */
  clear(): void {
    this.bySite.clear();
    this.made = 0;
  }

  /**
   * The frame for one entry into `owner`; the environment around it when it is too many to be told apart.
   * @param fill called once, to bind the names, when the frame is new
   */
  enter(
    place: { readonly file: SourceFile; readonly owner: Node },
    outer: Environment,
    site: Frame['site'],
    self: Value | undefined,
    fill: (frame: Frame) => void,
  ): Environment {
    const known = this.framesFor(place.owner, site.node);
    const same = known.find(
      (frame) =>
        frame.outer === outer && frame.site.environment === site.environment && sameSelf(frame.self, self),
    );
    if (same !== undefined) return same;
    if (known.length >= mostEntered.sameSite || isTooDeep(place.owner, site.environment)) return outer;
    const frame = new Frame(place.file, place.owner, outer, site, self);
    known.push(frame);
    this.made++;
    fill(frame);
    return frame;
  }

  private framesFor(owner: Node, site: Node): Frame[] {
    const sites = this.bySite.get(owner) ?? new Map<Node, Frame[]>();
    const frames = sites.get(site) ?? [];
    this.bySite.set(owner, sites.set(site, frames));
    return frames;
  }
}

/** Whether the calls that led here are too many, or entered the same code already. */
function isTooDeep(owner: Node, environment: Environment): boolean {
  let again = 0;
  let deep = 0;
  for (let caller = environment; caller instanceof Frame; caller = caller.site.environment) {
    if (caller.owner === owner && ++again >= mostEntered.again) return true;
    if (++deep >= mostEntered.deep) return true;
  }
  return false;
}

function sameSelf(left: Value | undefined, right: Value | undefined): boolean {
  if (left === right) return true;
  if (left === undefined || right === undefined || left.kind !== right.kind) return false;
  if (left.kind === 'instance' && right.kind === 'instance') {
    return (
      left.of.node === right.of.node &&
      left.created?.node === right.created?.node &&
      left.created?.environment === right.created?.environment
    );
  }
  if ('node' in left && 'node' in right) return left.node === right.node;
  return false;
}

/** The part of an environment that code at `node` can see: frames of code it does not stand in are left. */
export function visibleAt(environment: Environment, file: SourceFile, node: Node): Environment {
  let visible = environment;
  while (visible instanceof Frame && !(visible.file === file && contains(visible.owner, node))) {
    visible = visible.outer;
  }
  return visible;
}

/** The innermost frame around `node` that says what `this` is. */
export function selfAt(environment: Environment, file: SourceFile, node: Node): Value | undefined {
  let frame = visibleAt(environment, file, node);
  for (; frame instanceof Frame; frame = frame.outer) if (frame.self !== undefined) return frame.self;
  return undefined;
}

export function contains(outer: Node, inner: Node): boolean {
  return (outer.start ?? 0) <= (inner.start ?? -1) && (inner.end ?? 0) <= (outer.end ?? -1);
}
