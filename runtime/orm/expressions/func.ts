import type { Field } from '../fields/field.ts';
import { isOptions } from '../options.ts';
import type { Resolver } from '../query/resolver.ts';
import { filled, requirePlaces } from '../sql/template.ts';
import type { SqlWriter } from '../sql/writer.ts';
import type { FuncConstructor } from '../types/func.ts';
import { argument, fieldOf } from './arguments.ts';
import { Computable } from './arithmetic.ts';
import { commonOutput } from './beside.ts';
import { type ExpressionNode, ResolvedNode, type ShapeSink } from './node.ts';

/** What is said about a function where it is called, or as static properties of a class for it. */
interface FunctionSettings {
  readonly function?: string | undefined;
  readonly template?: string | undefined;
  readonly argJoiner?: string | undefined;
  readonly arity?: number | undefined;
  readonly windowCompatible?: boolean | undefined;
  readonly outputField?: unknown;
}

const plainName = /^[A-Za-z_][A-Za-z0-9_]*(\.[A-Za-z_][A-Za-z0-9_]*)?$/;
const plainTemplate = '%(function)s(%(expressions)s)';

/** A function that the application describes: by options, or by a class of its own. */
export class FuncNode extends Computable {
  readonly values: readonly ExpressionNode[];
  readonly settings: FunctionSettings;

  constructor(...given: unknown[]) {
    super();
    const [values, options] = apart<FunctionSettings>(given);
    this.settings = { ...settingsOf(this.constructor), ...options };
    if (this.sql === FuncNode.prototype.sql) requireSettings(this.settings);
    requireArity(this.constructor.name, this.settings.arity, values.length);
    this.values = values.map(argument);
  }
  override get children(): readonly ExpressionNode[] {
    return this.values;
  }
  get output(): Field | undefined {
    return undefined;
  }
  /** Type of the result, given the arguments of a query. */
  outputOf(values: readonly ExpressionNode[]): Field | undefined {
    return fieldOf(this.settings.outputField) ?? commonOutput(values);
  }
  /**
   * SQL of the function. A class may write its own.
   *
   * @param values SQL of the arguments
   * @param database `postgresql`, `sqlite` or `mysql`
   */
  sql(values: readonly string[], _database: string): string {
    const { function: name = '', template = plainTemplate, argJoiner = ', ' } = this.settings;
    return filled(template, { function: name, expressions: values.join(argJoiner) });
  }
  describe(sink: ShapeSink): void {
    const type = fieldOf(this.settings.outputField);
    const text = writtenBy((database) =>
      this.sql(
        this.values.map(() => anyValue),
        database,
      ),
    );
    sink.token(`func ${identityOf(this.constructor)} ${type?.typeName} ${type?.databaseType()} ${text}(`);
    for (const value of this.values) value.describe(sink);
    sink.token(')');
  }
  resolve(resolver: Resolver): ExpressionNode {
    return new AppliedFunction(
      this,
      this.values.map((value) => value.resolve(resolver)),
    );
  }
  toSql(): string {
    throw new Error('a function is resolved before it is compiled');
  }
}

/** A described function, applied to columns and values of a query. */
export class AppliedFunction extends ResolvedNode {
  readonly func: FuncNode;
  readonly #values: readonly ExpressionNode[];

  constructor(func: FuncNode, values: readonly ExpressionNode[]) {
    super();
    this.func = func;
    this.#values = values;
  }
  override get children(): readonly ExpressionNode[] {
    return this.#values;
  }
  override get label(): string {
    return this.func.constructor.name;
  }
  get output(): Field | undefined {
    return this.func.outputOf(this.#values);
  }
  override get typedByServer(): boolean {
    return this.func.settings.outputField === undefined;
  }
  toSql(writer: SqlWriter): string {
    const values = this.#values.map((value) => value.toSql(writer));
    return this.func.sql(values, writer.dialect.name);
  }
}

/** What a call was given: values, and options behind them. */
export function apart<Options extends object>(
  given: readonly unknown[],
): readonly [values: readonly unknown[], options: Options] {
  const last = given.at(-1);
  return isOptions(last) ? [given.slice(0, -1), last as Options] : [given, {} as Options];
}
/** @throws TypeError for any other number of values than a function takes */
export function requireArity(called: string, arity: number | undefined, count: number): void {
  if (arity === undefined || arity === count) return;
  throw new TypeError(
    `'${called}' takes exactly ${arity} ${arity === 1 ? 'argument' : 'arguments'} (${count} given)`,
  );
}

/** The static properties of a class, inherited ones too. */
function settingsOf(described: object): FunctionSettings {
  const {
    function: name,
    template,
    argJoiner,
    arity,
    windowCompatible,
    outputField,
  } = described as FunctionSettings;
  return { function: name, template, argJoiner, arity, windowCompatible, outputField };
}

/** @throws TypeError for settings that make no SQL */
function requireSettings({ function: name, template }: FunctionSettings): void {
  requireFunction('Func', name, template);
  if (template !== undefined) requirePlaces(template, ['function', 'expressions']);
}
/** @throws TypeError for what is no name, and where one is missing that the template has a place for */
export function requireFunction(called: string, name: unknown, template = plainTemplate): void {
  const named = typeof name === 'string' && plainName.test(name);
  if (name === undefined ? template.includes('%(function)s') : !named) {
    throw new TypeError(`${called} needs the name of a function: { function: … }.`);
  }
}

/** Stands for the SQL of an argument where only the text round it matters. */
const anyValue = '\u0001';

/** The text an instance writes round its arguments, which may depend on anything it holds. */
export function writtenBy(write: (database: string) => string): string {
  try {
    return write('postgresql');
  } catch (error) {
    // Said again, and thrown, when the query is compiled.
    return String(error);
  }
}
const identities = new WeakMap<object, number>();
let count = 0;
/** A number for each class: on other databases what it writes may differ more. */
export function identityOf(given: object): number {
  let known = identities.get(given);
  if (known === undefined) {
    known = ++count;
    identities.set(given, known);
  }
  return known;
}

/** A class that can be called and extended, as a class itself cannot be. */
export function callableClass(made: new (...given: unknown[]) => object, name: string): object {
  function callable(this: unknown, ...given: unknown[]): object {
    const of = new.target === undefined ? callable : new.target;
    return Reflect.construct(made, given, of) as object;
  }
  callable.prototype = made.prototype;
  for (const each of [callable, made]) Object.defineProperty(each, 'name', { value: name });
  return callable;
}

/**
 * Any function of the server by name: `Func('title', { function: 'REVERSE', outputField: fields.text() })`. A class
 * that extends it says the same once, as static properties, and may write SQL of its own.
 */
export const Func = callableClass(FuncNode, 'Func') as unknown as FuncConstructor;
