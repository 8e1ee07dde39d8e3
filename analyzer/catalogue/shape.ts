import type { ApiStep } from '../sources/index.ts';

/** One step of a parsed shape. */
type Element =
  | { readonly kind: 'member'; readonly accepts: (name: string) => boolean }
  | { readonly kind: 'call' }
  /** `new X()`, or a value declared to be an `X`. */
  | { readonly kind: 'instance' }
  /** `.**`: any steps, none included. */
  | { readonly kind: 'anything' };

/** Says whether an access path, from a package to a call, has a certain shape. */
export type ShapeMatcher = (steps: readonly ApiStep[]) => boolean;

/** A shape that does not follow the grammar. */
export class ShapeError extends Error {
  override readonly name = 'ShapeError';
}

/**
 * Parses a call shape.
 *
 * The root is `default` or `ns` (the package itself, however imported), `{A,B}` (either named export),
 * `{A|default}` (a named export or the package itself) or `**` (anything). `new X()` in front constructs; after the
 * root, `.name`, `.{a,b}`, `.*` and `.get*` read members, `.**` stands for any chain, `()` calls, a tagged template
 * counts as a call, and `.instance` is a value declared of the type before it.
 *
 * @throws ShapeError when `shape` does not follow the grammar
 */
export function parseShape(shape: string): ShapeMatcher {
  const constructs = shape.startsWith('new ');
  const alternatives = new Reader(constructs ? shape.slice(4) : shape, shape).read(constructs);
  return (steps) => {
    const given = normalised(steps);
    return alternatives.some((elements) => matches(elements, 0, given, 0));
  };
}

/** `import x from 'p'`, `import * as x` and `require('p')` reach the same value. */
function normalised(steps: readonly ApiStep[]): readonly ApiStep[] {
  const [first] = steps;
  return first?.kind === 'member' && first.name === 'default' ? steps.slice(1) : steps;
}

function matches(
  elements: readonly Element[],
  element: number,
  steps: readonly ApiStep[],
  step: number,
): boolean {
  const wanted = elements[element];
  if (wanted === undefined) return step === steps.length;
  if (wanted.kind === 'anything') {
    for (let next = step; next <= steps.length; next++) {
      if (matches(elements, element + 1, steps, next)) return true;
    }
    return false;
  }
  const given = steps[step];
  return given !== undefined && accepts(wanted, given) && matches(elements, element + 1, steps, step + 1);
}

function accepts(wanted: Element, given: ApiStep): boolean {
  switch (wanted.kind) {
    case 'member':
      return given.kind === 'member' && wanted.accepts(given.name);
    case 'call':
      return given.kind === 'call';
    case 'instance':
      return given.kind === 'new' || given.kind === 'instance';
    case 'anything':
      return true;
  }
}

const anything: Element = { kind: 'anything' };

class Reader {
  private readonly text: string;
  private readonly whole: string;
  private at = 0;

  constructor(text: string, whole: string) {
    this.text = text;
    this.whole = whole;
  }

  /** @returns one list of elements per way to reach the root */
  read(constructs: boolean): readonly (readonly Element[])[] {
    const roots = this.root();
    const rest = this.rest(constructs);
    return roots.map((root) => [...root, ...rest]);
  }

  private root(): readonly (readonly Element[])[] {
    if (this.takes('default') || this.takes('ns')) return [[]];
    if (this.takes('**')) return [[anything]];
    const names = this.braced();
    if (names === undefined) throw this.error('a root: default, ns, {names} or **');
    const own = names.filter((name) => name !== 'default');
    const roots: Element[][] = [];
    if (own.length > 0) roots.push([{ kind: 'member', accepts: oneOf(own) }]);
    if (own.length < names.length) roots.push([]);
    return roots;
  }

  private rest(constructs: boolean): readonly Element[] {
    const elements: Element[] = [];
    let pending = constructs;
    while (this.at < this.text.length) {
      if (this.takes('()') || this.takes('`tagged`')) {
        elements.push(pending ? { kind: 'instance' } : { kind: 'call' });
        pending = false;
      } else if (this.takes('.')) {
        elements.push(this.member());
      } else throw this.error('`.` or `()`');
    }
    if (pending) throw this.error('the `()` of `new`');
    return elements;
  }

  private member(): Element {
    if (this.takes('**')) return anything;
    const names = this.braced();
    if (names !== undefined) return { kind: 'member', accepts: oneOf(names) };
    const [name] = /^[\w$#*]+/.exec(this.text.slice(this.at)) ?? [];
    if (name === undefined) throw this.error('a member');
    this.at += name.length;
    if (name === 'instance' || name === 'new') return { kind: 'instance' };
    return { kind: 'member', accepts: oneOf([name]) };
  }

  private braced(): readonly string[] | undefined {
    if (!this.takes('{')) return undefined;
    const end = this.text.indexOf('}', this.at);
    if (end === -1) throw this.error('`}`');
    const names = this.text.slice(this.at, end).split(/[,|]/);
    if (names.some((name) => !/^[\w$*]+$/.test(name))) throw this.error('names between the braces');
    this.at = end + 1;
    return names;
  }

  private takes(token: string): boolean {
    if (!this.text.startsWith(token, this.at)) return false;
    this.at += token.length;
    return true;
  }

  private error(expected: string): ShapeError {
    return new ShapeError(`Call shape ${JSON.stringify(this.whole)}: expected ${expected} at ${this.at}.`);
  }
}

/** Names with `*` for any characters, as one test. */
export function oneOf(names: readonly string[]): (name: string) => boolean {
  const exact = new Set(names.filter((name) => !name.includes('*')));
  const patterns = names.filter((name) => name.includes('*')).map(globPattern);
  return (name) => exact.has(name) || patterns.some((pattern) => pattern.test(name));
}

function globPattern(name: string): RegExp {
  const escaped = name.replace(/[.+?^${}()|[\]\\]/g, '\\$&').replaceAll('*', '.*');
  return new RegExp(`^${escaped}$`);
}
