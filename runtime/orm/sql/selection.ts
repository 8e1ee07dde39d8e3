import { FieldError } from '../errors.ts';
import { Column, partColumns } from '../expressions/column.ts';
import type { ExpressionNode } from '../expressions/node.ts';
import { type Decoder, type Field, textDecoder } from '../fields/field.ts';
import type { ModelMeta } from '../models/meta.ts';
import type { Relation } from '../models/relations.ts';
import type { FilteredRelation } from '../query/filtered.ts';
import type { TableAlias } from '../query/joins.ts';
import { type LoadMask, loadMask } from '../query/loading.ts';
import { joinPath } from '../query/paths.ts';
import type { Query, RelatedTree } from '../query/query.ts';
import type { ColumnShape, InstanceShape, RelatedShape, RowShape } from './shape.ts';
import type { SqlWriter } from './writer.ts';

export interface Selected {
  readonly expression: ExpressionNode;
  readonly name?: string | undefined;
}
/** Instances of one table, and what is joined to them. */
interface Joined {
  readonly model: ModelMeta;
  readonly alias: TableAlias;
  readonly related: RelatedTree | undefined;
  /** What to load; undefined for everything. */
  readonly mask: LoadMask | undefined;
  /** Relations that lead there. */
  readonly path: readonly string[];
}
/** The columns of one SELECT, and what each row of them becomes. */
export class Selection {
  readonly #query: Query;
  readonly #writer: SqlWriter;
  readonly columns: Selected[] = [];
  /** Tables of the instances that are selected, by the relations that lead to them. */
  readonly followed = new Map<string, { readonly alias: TableAlias; readonly model: ModelMeta }>();

  /** @param query may be joined with further tables */
  constructor(query: Query, writer: SqlWriter) {
    this.#query = query;
    this.#writer = writer;
  }

  #decoderOf(expression: ExpressionNode): Decoder | undefined {
    return expression.typedByServer ? undefined : this.#decoder(expression.output);
  }
  #decoder(field: Field | undefined): Decoder | undefined {
    return field === undefined ? undefined : this.#writer.dialect.decoder(field);
  }
  add(expression: ExpressionNode, name?: string): number {
    return this.columns.push({ expression, name }) - 1;
  }

  /** These expressions and nothing else. */
  only(expressions: readonly Selected[]): RowShape {
    const columns = expressions.map(({ expression, name = this.#ownName() }) =>
      this.#shape(expression, name ?? '', name),
    );
    return { form: 'tuples', columns };
  }
  /** Selects an expression; a key of several columns is a list of their values. */
  #shape(expression: ExpressionNode, name: string, outputName: string | undefined): ColumnShape {
    const columns = partColumns(expression);
    if (columns === undefined)
      return { name, at: this.add(expression, outputName), decoder: this.#decoderOf(expression) };
    const parts = columns.map((column) => this.#shape(column, name, this.#ownName()));
    return { name, at: parts[0]?.at ?? 0, decoder: textDecoder, parts };
  }

  /** What DISTINCT has to order by is selected beside it, and taken away again by name. */
  #ownName(): string | undefined {
    const { distinct, distinctFields, sliced } = this.#query;
    return distinct && sliced && distinctFields.length === 0 ? `only${this.columns.length}` : undefined;
  }

  /** What the query's row form says. @param named gives every column a name, for a query around this one */
  row(named: boolean): RowShape {
    const { rows } = this.#query;
    if (rows.form !== 'instances') {
      const columns = rows.names.map((name) => this.#selectNamed(name, named));
      return { form: rows.form, columns };
    }
    if (named && !this.#query.distinct) {
      // The query around this one needs a row for each row, and the annotations it names.
      const key = this.#query.keyColumn();
      for (const column of partColumns(key) ?? [key]) this.add(column);
      const columns = [...this.#query.selectedAnnotations].map((name) => this.#selectNamed(name, named));
      return { form: 'tuples', columns };
    }
    const { model, base, related } = this.#query;
    const mask = loadMask(model, this.#query.loading, this.#query.filteredRelations);
    const instance = this.#selectInstance({ model, alias: base, related, mask, path: [] });
    const annotations = [...this.#query.selectedAnnotations].map((name) => this.#selectNamed(name));
    return { form: 'instances', instance, annotations };
  }
  #selectNamed(name: string, named = false): ColumnShape {
    const expression = this.#query.selected?.get(name) ?? this.#query.annotations.get(name);
    if (expression === undefined) throw new FieldError(`Cannot select '${name}'.`);
    const isColumn = expression instanceof Column && !this.#query.annotations.has(name);
    return this.#shape(expression, name, isColumn && !named ? undefined : name);
  }
  #selectInstance({ model, alias, related, mask, path }: Joined): InstanceShape {
    this.followed.set(path.join('__'), { alias, model });
    const fields = model.fields.filter((field) => mask?.attributes.has(field.attribute) ?? true);
    const ancestors = model.ancestorKeys;
    const columns = fields.map((field) => ({
      name: field.attribute,
      at: this.add(
        ancestors.includes(field)
          ? new Column(alias, model.primaryKey)
          : new Column(this.#query.joins.toOwner(alias, model, field), field),
      ),
      decoder: this.#decoder(field),
    }));
    const key = columns.find((column) => column.name === model.keyFields[0]?.attribute);
    const relations = Object.entries(related ?? {}).flatMap(([name, tree]) => {
      const filtered = alias === this.#query.base ? this.#query.filteredRelations.get(name) : undefined;
      if (filtered !== undefined) return this.#selectFiltered(filtered, tree, mask?.related.get(name));
      const relation = model.relation(name) as Relation;
      if (!isLoaded(relation, mask)) {
        if (this.#query.relatedUnasked) return [];
        throw deferredAndFollowed(model, relation);
      }
      const [hop] = relation.hops;
      const owner = this.#query.joins.follow(alias, model.pathTo(hop.from));
      const child = this.#query.joins.add(owner, hop, undefined);
      return {
        name,
        instance: this.#selectInstance({
          model: relation.target,
          alias: child,
          related: tree,
          mask: mask?.related.get(name),
          path: [...path, name],
        }),
        // The other side of a one-to-one is known without asking.
        backwards: relation.form === 'reverse' ? relation.field.name : undefined,
        attribute: false,
      };
    });
    return { model, columns, keyAt: key?.at ?? 0, relations, partial: fields.length < model.fields.length };
  }

  /** What a filtered relation leads to becomes an attribute: the relation itself may hold more rows. */
  #selectFiltered(
    { name, path }: FilteredRelation,
    tree: RelatedTree,
    mask: LoadMask | undefined,
  ): RelatedShape {
    const { alias } = joinPath(this.#query.joins, path, undefined);
    const relation = path.relation as Relation;
    return {
      name,
      instance: this.#selectInstance({
        model: relation.target,
        alias,
        related: tree,
        mask,
        path: [name],
      }),
      backwards: relation.form === 'reverse' && path.hops.length === 1 ? relation.field.name : undefined,
      attribute: true,
    };
  }

  /** Tables that can be locked alone, by name: those of instances, or those that values come from. */
  lockable(): Map<string, TableAlias> {
    const { base, joins } = this.#query;
    const known = new Map([['self', base]]);
    if (this.followed.size > 0) {
      for (const [name, { alias, model }] of this.followed) {
        if (alias !== base) known.set(name, alias);
        for (const [link, parent] of this.#parents(alias, model))
          known.set(name === '' ? link : `${name}__${link}`, parent);
      }
      return known;
    }
    const paths = new Map<TableAlias | undefined, string[]>([[base, []]]);
    for (const [alias] of joins.used()) {
      const way = paths.get(alias.join?.parent);
      if (way === undefined || alias.join === undefined) continue;
      const path = [...way, alias.join.hop.fromField.name];
      paths.set(alias, path);
      known.set(path.join('__'), alias);
    }
    return known;
  }
  /** Tables that hold what an instance inherits, by the links that lead there, as far as they are read. */
  *#parents(start: TableAlias, model: ModelMeta): Generator<[path: string, alias: TableAlias]> {
    const used = this.#query.joins.used().map(([alias]) => alias);
    const links: string[] = [];
    let [child, alias] = [model, start];
    while (child.parent !== undefined) {
      const [hop] = child.pathTo(child.parent);
      const parent = used.find(({ join }) => join?.parent === alias && join.hop === hop);
      if (hop === undefined || parent === undefined) return;
      links.push(hop.fromField.name);
      yield [links.join('__'), parent];
      [child, alias] = [child.parent, parent];
    }
  }
}

function isLoaded(relation: Relation, mask: LoadMask | undefined): boolean {
  if (relation.form !== 'forward' || mask === undefined) return true;
  const columns = relation.field.parts ?? [relation.field];
  return columns.every(({ attribute }) => mask.attributes.has(attribute));
}
function deferredAndFollowed(model: ModelMeta, { name }: Relation): FieldError {
  return new FieldError(
    `Field ${model.label}.${name} cannot be both deferred and traversed using selectRelated at the same time.`,
  );
}
