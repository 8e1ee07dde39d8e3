import { EmptyResultSet, FullResultSet } from '../errors.ts';
import type { ExpressionNode } from '../expressions/node.ts';
import type { SqlWriter } from '../sql/writer.ts';
import type { Connector } from './joins.ts';

/** A resolved condition. `toSql` throws EmptyResultSet when no row can meet it, FullResultSet when all do. */
export interface Predicate {
  readonly containsAggregate: boolean;
  readonly containsWindow: boolean;
  toSql(writer: SqlWriter): string;
  groupBy(): readonly ExpressionNode[];
}

/** Conditions joined by AND, OR or XOR, possibly negated. */
export class WhereNode implements Predicate {
  readonly connector: Connector;
  readonly negated: boolean;
  readonly children: readonly Predicate[];

  constructor(children: readonly Predicate[] = [], connector: Connector = 'AND', negated = false) {
    this.children = children;
    this.connector = connector;
    this.negated = negated;
  }
  get containsAggregate(): boolean {
    return this.children.some((child) => child.containsAggregate);
  }
  get containsWindow(): boolean {
    return this.children.some((child) => child.containsWindow);
  }
  get empty(): boolean {
    return this.children.length === 0;
  }
  and(other: Predicate): WhereNode {
    if (this.connector === 'AND' && !this.negated) return new WhereNode([...this.children, other]);
    return new WhereNode([this, other]);
  }
  groupBy(): readonly ExpressionNode[] {
    return this.children.flatMap((child) => child.groupBy());
  }

  toSql(writer: SqlWriter): string {
    if (this.children.length === 0) throw new FullResultSet();
    const parts: string[] = [];
    let [full, empty] = this.connector === 'AND' ? [this.children.length, 1] : [1, this.children.length];
    if (this.connector === 'XOR') return this.#xor(writer);
    for (const child of this.children) {
      try {
        parts.push(child.toSql(writer));
      } catch (error) {
        if (error instanceof EmptyResultSet) empty--;
        else if (error instanceof FullResultSet) full--;
        else throw error;
      }
      // An AND with one impossible part is impossible; an OR with one certain part is certain.
      if (empty === 0) this.#never();
      if (full === 0) this.#always();
    }
    return this.#wrap(parts.join(` ${this.connector} `), parts.length);
  }

  #never(): never {
    throw this.negated ? new FullResultSet() : new EmptyResultSet();
  }
  #always(): never {
    throw this.negated ? new EmptyResultSet() : new FullResultSet();
  }
  #wrap(sql: string, count: number): string {
    if (this.negated) return `NOT (${sql})`;
    return count > 1 ? `(${sql})` : sql;
  }
  /** True when an odd number of the parts is, written for any number of parts. */
  #xor(writer: SqlWriter): string {
    const counted = this.children.map((child) => `CASE WHEN ${certain(child, writer)} THEN 1 ELSE 0 END`);
    return this.#wrap(`(${counted.join(' + ')}) % 2 = 1`, 2);
  }
}

/** SQL of a condition where "no row" and "every row" must be written out. */
export function certain(child: Predicate, writer: SqlWriter): string {
  try {
    return child.toSql(writer);
  } catch (error) {
    if (error instanceof EmptyResultSet) return 'FALSE';
    if (error instanceof FullResultSet) return 'TRUE';
    throw error;
  }
}

/** True for what `certain` writes where no row, or every row, meets a condition. */
export function isConstant(sql: string): boolean {
  return sql === 'FALSE' || sql === 'TRUE';
}

/** Conditions on rows and conditions on groups: the second belong in HAVING. */
export function splitHaving(where: WhereNode): { readonly where: WhereNode; readonly having: WhereNode } {
  if (!where.containsAggregate) return { where, having: new WhereNode() };
  if (where.negated || where.connector !== 'AND')
    return { where: new WhereNode(), having: new WhereNode([where]) };
  const parts = where.children.map((child) =>
    child instanceof WhereNode ? splitHaving(child) : separate(child),
  );
  return {
    where: new WhereNode(parts.map((part) => part.where).filter((part) => !part.empty)),
    having: new WhereNode(parts.map((part) => part.having).filter((part) => !part.empty)),
  };
}

function separate(child: Predicate): { readonly where: WhereNode; readonly having: WhereNode } {
  const alone = new WhereNode([child]);
  return child.containsAggregate
    ? { where: new WhereNode(), having: alone }
    : { where: alone, having: new WhereNode() };
}

/** Conditions that can be tested with the rows, and those on windows, which exist only once the rows are made. */
export function splitWindows(where: WhereNode): { readonly where: WhereNode; readonly windows: WhereNode } {
  if (!where.containsWindow) return { where, windows: new WhereNode() };
  if (where.negated || where.connector !== 'AND') {
    return { where: new WhereNode(), windows: new WhereNode([where]) };
  }
  const parts = where.children.map((child) =>
    child instanceof WhereNode ? splitWindows(child) : apart(child),
  );
  return {
    where: new WhereNode(parts.map((part) => part.where).filter((part) => !part.empty)),
    windows: new WhereNode(parts.map((part) => part.windows).filter((part) => !part.empty)),
  };
}
function apart(child: Predicate): { readonly where: WhereNode; readonly windows: WhereNode } {
  const alone = new WhereNode([child]);
  return child.containsWindow
    ? { where: new WhereNode(), windows: alone }
    : { where: alone, windows: new WhereNode() };
}
