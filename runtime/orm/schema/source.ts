import { snakeCase } from '../models/naming.ts';
import type { ColumnDescription, ConstraintDescription, TableDescription } from './catalog.ts';
import { conditionSource, exclusionSource, indexSource, isPlain, uniqueSource } from './constraint-source.ts';
import { defaultSource, type FieldSource, fieldSource, rawSource } from './field-source.ts';
import { foreignKeyOf, type NamedTable, nameTables } from './named-tables.ts';
import { quoted } from './names.ts';
import { type Pairs, pairsOf } from './pairs.ts';
import { type ReverseSides, reverseSides } from './reverse-sides.ts';

/** Writes the source of models for tables: it compiles, and makes tables like these. */
export function modelSource(tables: readonly TableDescription[]): string {
  const named = nameTables(tables);
  const pairs = tables.flatMap((table) => pairsOf(table, named) ?? []);
  const models = named.filter(({ table }) => !pairs.some((each) => each.table === table));
  const sides = reverseSides(models, pairs);
  const classes = models.map((each) => new ModelWriter(each, models, pairs, sides).write());
  const body = classes.join('\n\n');
  const used = importable.filter((name) => new RegExp(`\\b${name}[.(<]`).test(body));
  return `import { ${used.join(', ')} } from '@migrate-async/runtime/orm';\n\n${body}\n`;
}

const importable = [
  'F',
  'fields',
  'foreignKey',
  'foreignObject',
  'Manager',
  'manyToMany',
  'model',
  'Now',
  'oneToOne',
  'RawSQL',
];

const autoFields: Readonly<Record<string, string>> = { smallint: 'smallAuto', bigint: 'bigAuto' };
/** What whole numbers become whose column has a check that keeps negative ones out. */
const positiveFields: Readonly<Record<string, string>> = {
  'fields.integer()': 'fields.positiveInteger()',
  'fields.smallInteger()': 'fields.positiveSmallInteger()',
  'fields.bigInteger()': 'fields.positiveBigInteger()',
};

/** Writes one model. */
class ModelWriter {
  readonly #own: NamedTable;
  readonly #all: readonly NamedTable[];
  readonly #table: TableDescription;
  readonly #key: readonly string[];
  /** Checks that a field brings along by itself. */
  readonly #implied = new Set<ConstraintDescription>();

  readonly #pairs: readonly Pairs[];
  readonly #sides: ReverseSides;

  constructor(own: NamedTable, all: readonly NamedTable[], pairs: readonly Pairs[], sides: ReverseSides) {
    this.#sides = sides;
    this.#pairs = pairs.filter((each) => each.own === own);
    this.#own = own;
    this.#all = all;
    this.#table = own.table;
    this.#key = own.table.constraints.find(({ kind }) => kind === 'p')?.columns ?? [];
  }

  write(): string {
    const { className: name, modelName } = this.#own;
    const fields = this.#table.columns.flatMap((column) => this.#field(column));
    if (this.#isComposite) {
      const names = this.#key.map((column) => quoted(this.#attribute(column)));
      fields.unshift(`  pk: fields.compositePrimaryKey(${names.join(', ')}),`);
    }
    for (const [constraint, attribute] of this.#own.objects) fields.push(this.#object(constraint, attribute));
    for (const each of this.#pairs) {
      const { className } = each.target;
      const side = this.#sides.get(each);
      const options = side === undefined ? '' : `, { relatedName: ${quoted(side)} }`;
      fields.push(`  ${each.attribute}: manyToMany<${className}>(() => ${className}${options}),`);
    }
    const options = this.#options();
    const parts = [quoted(modelName), fields.length === 0 ? '{}' : `{\n${fields.join('\n')}\n}`];
    if (options !== '') parts.push(options);
    return [
      ...this.#notes().map((note) => `// ${note}`),
      `export class ${name} extends model(${parts.join(', ')}) {`,
      '  static objects = new Manager(this);',
      '}',
    ].join('\n');
  }

  /** What the model cannot say. */
  #notes(): string[] {
    const notes: string[] = [];
    if (this.#key.length === 0)
      notes.push(
        `The ${this.#table.view ? 'view' : 'table'} has no primary key: the first column stands for it.`,
      );
    for (const { kind, target, name, definition } of this.#table.constraints) {
      const foreign = kind === 'f' && (target === null || !this.#named(target));
      if (foreign) notes.push(`Not taken over: constraint ${name} ${definition}`);
    }
    return notes.map((note) => note.replace(/\s+/g, ' '));
  }
  #named(table: string): NamedTable | undefined {
    return this.#all.find((each) => each.table.name === table);
  }
  #attribute(column: string): string {
    return this.#own.attributes.get(column) ?? column;
  }

  #field(column: ColumnDescription): string[] {
    const primary = this.#isPrimary(column);
    // The key every model has unless it says otherwise.
    const plain = primary && column.comment === null && this.#counted(column);
    if (plain && column.name === 'id' && column.type === 'bigint') return [];
    const { source, note } = this.#describe(column, primary);
    const comment = note === undefined || note === '' ? '' : ` // ${note.replace(/\s+/g, ' ')}`;
    const described = column.comment === null ? '' : `.dbComment(${quoted(column.comment)})`;
    return [`  ${this.#attribute(column.name)}: ${source}${described},${comment}`];
  }
  get #isComposite(): boolean {
    return this.#key.length > 1;
  }
  #isPrimary(column: ColumnDescription): boolean {
    if (this.#isComposite) return false;
    return (this.#key[0] ?? this.#table.columns[0]?.name) === column.name;
  }
  #counted(column: ColumnDescription): boolean {
    return column.identity || /^nextval\(/.test(column.expression ?? '');
  }

  #describe(column: ColumnDescription, primary: boolean): FieldSource {
    const key = foreignKeyOf(this.#table, column.name);
    const target = key === undefined || key.target === null ? undefined : this.#named(key.target);
    if (key !== undefined && target !== undefined) return this.#relation(column, key, target, primary);
    if (primary && this.#counted(column)) {
      const auto = autoFields[column.type] ?? 'auto';
      return { source: `fields.${auto}()${this.#column(column, false)}` };
    }
    const field = this.#checkedField(column);
    if (column.generated) {
      const computed = `fields.generated(${rawSource(column.expression ?? '', quoted)}, ${field.source})`;
      return { source: `${computed}${this.#column(column, false)}`, note: field.note };
    }
    const chain = this.#chain(column, primary, false);
    return {
      source: `${field.source}${chain}${defaultSource(column, field.source, quoted)}`,
      note: this.#counted(column) ? `${field.note ?? ''} counted by the database`.trim() : field.note,
    };
  }

  #relation(
    column: ColumnDescription,
    key: ConstraintDescription,
    target: NamedTable,
    primary: boolean,
  ): FieldSource {
    const single = primary || this.#isUnique(column.name);
    const { rule, note } = deleteRule(key, column);
    const options = [`onDelete: '${rule}'`];
    const [pointedAt] = key.targetColumns ?? [];
    const targetKey = target.table.constraints.find(({ kind }) => kind === 'p')?.columns ?? [];
    if (targetKey.length !== 1 || targetKey[0] !== pointedAt) {
      options.push(`toField: ${quoted(target.attributes.get(pointedAt ?? '') ?? '')}`);
    }
    const side = this.#sides.get(key);
    if (side !== undefined) options.push(`relatedName: ${quoted(side)}`);
    const kind = single ? 'oneToOne' : 'foreignKey';
    const source = `${kind}<${target.className}>(() => ${target.className}, { ${options.join(', ')} })`;
    return {
      source: `${source}${this.#chain(column, primary, true)}${defaultSource(column, source, quoted)}`,
      note,
    };
  }
  /** A relation by several columns, with the constraint that it is in the database. */
  #object(key: ConstraintDescription, attribute: string): string {
    const target = this.#named(key.target ?? '') as NamedTable;
    const from = key.columns.map((column) => quoted(this.#attribute(column)));
    const to = (key.targetColumns ?? []).map((column) => quoted(target.attributes.get(column) ?? column));
    const targetKey = target.table.constraints.find(({ kind }) => kind === 'p')?.columns ?? [];
    const options = [`fromFields: [${from.join(', ')}]`];
    if (targetKey.join() !== key.targetColumns?.join()) options.push(`toFields: [${to.join(', ')}]`);
    options.push(`onDelete: '${key.onDelete === 'c' ? 'dbCascade' : 'doNothing'}'`, 'dbConstraint: true');
    const side = this.#sides.get(key);
    if (side !== undefined) options.push(`relatedName: ${quoted(side)}`);
    const nullable = this.#table.columns.some(
      ({ name, required }) => !required && key.columns.includes(name),
    );
    const { className } = target;
    const relation = `foreignObject<${className}, ${from.join(' | ')}>(() => ${className}, { ${options.join(', ')} })`;
    const note = key.onDelete === 'n' || key.onDelete === 'd' ? ` // ${key.definition}` : '';
    return `  ${attribute}: ${relation}${nullable ? '.null()' : ''},${note}`;
  }
  #chain(column: ColumnDescription, primary: boolean, relation: boolean): string {
    const parts = [this.#column(column, relation)];
    if (primary) parts.push('.primaryKey()');
    else {
      if (!column.required) parts.push('.null()');
      if (!relation && isText(column)) parts.push(`.dbCollation(${quoted(column.collation)})`);
      if (!relation && this.#isUnique(column.name)) parts.push('.unique()');
      if (!relation && this.#plainIndex(column.name)) parts.push('.index()');
    }
    return parts.join('');
  }
  #column({ name }: ColumnDescription, relation: boolean): string {
    const attribute = this.#attribute(name);
    const usual = snakeCase(relation ? `${attribute}Id` : attribute);
    return usual === name ? '' : `.column(${quoted(name)})`;
  }
  #isUnique(column: string): boolean {
    return this.#table.constraints.some(
      (each) => each.kind === 'u' && each.columns[0] === column && this.#isOwn(each),
    );
  }
  #plainIndex(column: string): boolean {
    return this.#table.indexes.some((index) => isPlain(index) && index.terms[0]?.column === column);
  }

  /** A column with the check of a positive number or of a choice is that field. */
  #checkedField(column: ColumnDescription): FieldSource {
    const plain = fieldSource(column, quoted);
    for (const check of this.#checks()) {
      if (check.columns.length !== 1 || check.columns[0] !== column.name) continue;
      const positive = positiveFields[plain.source];
      if (positive !== undefined && /^CHECK \(\(\S+ >= 0\)\)$/.test(check.definition)) {
        this.#implied.add(check);
        return { source: positive };
      }
      const choices = choicesOf(check.definition);
      const length = Math.max(1, ...(choices ?? []).map((choice) => choice.length));
      if (choices === undefined || plain.source !== `fields.char(${length})`) continue;
      this.#implied.add(check);
      return { source: `fields.choice(${choices.map(quoted).join(', ')})` };
    }
    return plain;
  }
  #checks(): ConstraintDescription[] {
    return this.#table.constraints.filter(({ kind }) => kind === 'c');
  }

  #options(): string {
    const { table, modelName } = this.#own;
    const options: string[] = [];
    if (table.view) options.push('managed: false');
    if (snakeCase(modelName) !== table.name) options.push(`table: ${quoted(table.name)}`);
    if (table.comment !== null) options.push(`dbTableComment: ${quoted(table.comment)}`);
    const constraints = [...this.#uniques(), ...this.#checkOptions()];
    if (constraints.length > 0) options.push(`constraints: [${constraints.join(', ')}]`);
    const indexes = this.#indexOptions();
    if (indexes.length > 0) options.push(`indexes: [${indexes.join(', ')}]`);
    if (options.length === 0) return '';
    const line = `{ ${options.join(', ')} }`;
    return line.length <= 80 ? line : `{\n${options.map((option) => `  ${option},`).join('\n')}\n}`;
  }
  #uniques(): string[] {
    const attribute = (column: string) => this.#attribute(column);
    const declared = this.#table.constraints
      .filter((each) => isUnique(each) && !this.#isOwn(each) && each.kind !== 'p')
      .map((each) => uniqueSource(each, attribute));
    const indexes = this.#table.indexes
      .filter(({ unique }) => unique)
      .map((each) => indexSource(each, attribute));
    const exclusions = this.#table.constraints
      .filter(({ kind }) => kind === 'x')
      .map((each) => exclusionSource(each, attribute));
    return [...declared, ...indexes, ...exclusions];
  }
  /** True for a constraint that a field brings along by itself: `.unique()`, `.primaryKey()`. */
  #isOwn({ kind, columns, include, nullsDistinct, deferrable }: ConstraintDescription): boolean {
    if (columns.length !== 1) return false;
    return kind === 'p' || (include.length === 0 && nullsDistinct && deferrable === null);
  }
  #checkOptions(): string[] {
    return this.#checks()
      .filter((check) => !this.#implied.has(check))
      .map(({ name, definition }) => {
        const sql = definition.replace(/^CHECK \((.*)\)(?: NOT VALID| NO INHERIT)*$/s, '$1');
        return `{ check: ${conditionSource(sql)}, name: ${quoted(name)} }`;
      });
  }
  #indexOptions(): string[] {
    return this.#table.indexes
      .filter((index) => !index.unique && !isPlain(index))
      .map((index) => indexSource(index, (column) => this.#attribute(column)));
  }
}

/** A text that is ordered by rules of its own. */
function isText(column: ColumnDescription): column is ColumnDescription & { readonly collation: string } {
  return column.collation !== null && /^(?:text|character)\b(?!.*\[\]$)/.test(column.type);
}
function isUnique({ kind }: ConstraintDescription): boolean {
  return kind === 'u' || kind === 'p';
}

/** What the database does about rows that point at a deleted one; an application leaves that to it. */
function deleteRule(
  { onDelete, definition }: ConstraintDescription,
  { required, expression }: ColumnDescription,
): { readonly rule: string; readonly note?: string } {
  if (onDelete === 'c') return { rule: 'dbCascade' };
  if (onDelete === 'd' && expression !== null) return { rule: 'dbSetDefault' };
  // The default of a column without one is null.
  if ((onDelete === 'n' || onDelete === 'd') && !required) return { rule: 'dbSetNull' };
  if (onDelete === 'n' || onDelete === 'd') return { rule: 'doNothing', note: definition };
  return { rule: 'doNothing' };
}

/** The values of `CHECK (column IN (…))`, as the server writes it back. */
function choicesOf(definition: string): string[] | undefined {
  const list = /^CHECK \(\(\(\S+\)::text = ANY \(\(?ARRAY\[(.*)\](?:\)::text\[\])?\)\)\)$/s.exec(
    definition,
  )?.[1];
  if (list === undefined) {
    const only = /^CHECK \(\(\(\S+\)::text = '((?:[^']|'')*)'::text\)\)$/.exec(definition)?.[1];
    return only === undefined ? undefined : [only.replaceAll("''", "'")];
  }
  return [...list.matchAll(/'((?:[^']|'')*)'::[a-z ]+/g)].map(([, value]) =>
    (value ?? '').replaceAll("''", "'"),
  );
}
