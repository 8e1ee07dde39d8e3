import { describe } from '../describe.ts';
import { OrderingTerm } from '../expressions/node.ts';
import { type RawParts, RawSql, rawParts } from '../expressions/raw.ts';
import { Fixed, Test } from '../lookups/operand.ts';
import { quote } from '../models/naming.ts';
import { isOptions, requireNames, requireOptions } from '../options.ts';
import type { OrderingEntry, Query } from '../query/query.ts';
import type { ExtraParts } from '../types/raw.ts';
import type { ChainStep } from './chain.ts';

/** SQL of the application's own inside a query: columns, conditions, tables, orderings. Values are parameters. */
export function extraStep(given: ExtraParts): ChainStep {
  requireParts(given);
  const { tables = [], orderBy = [] } = given;
  const selected = shared(Object.values(given.select ?? {}), given.selectParams ?? []);
  const names = Object.keys(given.select ?? {});
  const conditions = shared(given.where ?? [], given.params ?? []);
  return {
    describe: (sink) => {
      sink.token(`extra ${tables.map(quote).join()}`);
      for (const [at, part] of selected.entries()) {
        sink.token(names[at] as string);
        part.describe(sink);
      }
      sink.token('where');
      for (const part of conditions) part.describe(sink);
      sink.token(`order ${orderBy.join(' ')}`);
    },
    build: (query, resolver) => {
      query.requireUnsliced('Cannot change a query once a slice has been taken.');
      for (const [at, part] of selected.entries()) {
        const name = names[at] as string;
        query.requireFreeName(name, true);
        query.addSelected(name, part.resolve(resolver));
      }
      for (const part of conditions) {
        const condition = part.resolve(resolver);
        query.where = query.where.and(new Test([condition], (writer) => condition.toSql(writer)));
      }
      query.extraTables = [...new Set([...query.extraTables, ...tables])];
      if (orderBy.length > 0) {
        query.ordering = orderBy.map((term) => orderingEntry(query, term));
      }
    },
  };
}

/** @throws TypeError for parts there are not, or of the wrong kind */
function requireParts(given: ExtraParts): void {
  requireOptions('extra', given, ['select', 'selectParams', 'where', 'params', 'tables', 'orderBy']);
  for (const name of ['where', 'tables', 'orderBy'] as const) requireNames('extra', name, given[name]);
  for (const name of ['selectParams', 'params'] as const) {
    if (given[name] === undefined || Array.isArray(given[name])) continue;
    throw new TypeError(`The option '${name}' of extra() is a list, not ${describe(given[name])}.`);
  }
  const { select = {} } = given;
  if (isOptions(select) && Object.values(select).every((sql) => typeof sql === 'string')) return;
  throw new TypeError("The option 'select' of extra() is an object of SQL by the names of attributes.");
}

/** Several pieces of SQL that share one list of parameters, each taking as many as it has placeholders. */
function shared(texts: readonly string[], params: readonly unknown[]): RawSql[] {
  const whole = rawParts(texts.join('\u001f'), params);
  const parts: RawParts[] = [];
  let current: { texts: string[]; places: number[]; values: unknown[] } = {
    texts: [],
    places: [],
    values: [],
  };
  if (texts.length === 0) return [];
  for (const [at, text] of whole.texts.entries()) {
    const [first = '', ...others] = text.split('\u001f');
    current.texts.push(first);
    for (const other of others) {
      parts.push(current);
      current = { texts: [other], places: [], values: [] };
    }
    const place = whole.places[at];
    if (place !== undefined) current.places.push(current.values.push(whole.values[place]) - 1);
  }
  parts.push(current);
  return parts.map((part) => new RawSql(part));
}

/** `-table.column`, or a name as `orderBy` takes it. */
function orderingEntry(query: Query, term: string): OrderingEntry {
  const descending = term.startsWith('-');
  const name = descending ? term.slice(1) : term;
  const dot = name.indexOf('.');
  if (name === '?') return { form: 'random' };
  if (dot === -1) {
    query.checkName(name);
    return { form: 'name', name, descending };
  }
  const sql = `${quote(name.slice(0, dot))}.${quote(name.slice(dot + 1))}`;
  const column = new Fixed(sql);
  return { form: 'term', term: new OrderingTerm(column, descending) };
}
