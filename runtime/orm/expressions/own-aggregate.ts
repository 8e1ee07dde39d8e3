import { requireOptions } from '../options.ts';
import { aggregatePlaces, requirePlaces } from '../sql/template.ts';
import type { AggregateConstructor } from '../types/func.ts';
import { type AggregateKind, Aggregate as AggregateNode, type AggregateOptions } from './aggregates.ts';
import { argument, fieldOf } from './arguments.ts';
import { apart, callableClass, identityOf, requireArity, requireFunction } from './func.ts';

/** What is said about an aggregate where it is called, or as static properties of a class for it. */
interface AggregateSettings {
  readonly function?: string | undefined;
  readonly template?: string | undefined;
  readonly arity?: number | undefined;
  readonly allowDistinct?: boolean | undefined;
  readonly allowOrderBy?: boolean | undefined;
  readonly emptyResultSetValue?: unknown;
  readonly outputField?: unknown;
}
const ofClass = ['function', 'template', 'outputField'] as const;
const ofCall = ['distinct', 'filter', 'default', 'orderBy'] as const;

/** An aggregate that the application describes: by options, or by a class of its own. */
class OwnAggregate extends AggregateNode {
  constructor(...given: unknown[]) {
    const [values, options] = apart<Readonly<Record<string, unknown>>>(given);
    const [first, ...others] = values.map(argument);
    const { name } = new.target;
    requireOptions(name, options, [...ofClass, ...ofCall]);
    const settings: AggregateSettings = { ...settingsOf(new.target), ...options };
    requireArity(name, settings.arity, values.length);
    if (first === undefined) throw new TypeError(`'${name}' takes at least 1 argument (0 given)`);
    const { function: _function, template: _template, outputField: _field, ...call } = options;
    super(kindOf(new.target, settings), first, {
      ...(call as AggregateOptions),
      outputField: settings.outputField,
      others,
    });
  }
}

function settingsOf(described: object): AggregateSettings {
  const {
    function: name,
    template,
    arity,
    allowDistinct,
    allowOrderBy,
    emptyResultSetValue,
    outputField,
  } = described as AggregateSettings;
  return { function: name, template, arity, allowDistinct, allowOrderBy, emptyResultSetValue, outputField };
}
function kindOf(Own: { readonly name: string }, settings: AggregateSettings): AggregateKind {
  const { name } = Own;
  const { template, allowDistinct, allowOrderBy, outputField } = settings;
  const output = fieldOf(outputField);
  requireFunction(name, settings.function, template);
  if (template !== undefined) requirePlaces(template, aggregatePlaces);
  return {
    name,
    described: `${identityOf(Own)} `,
    sql: settings.function ?? '',
    ...(template === undefined ? {} : { template }),
    allowDistinct: allowDistinct === true,
    allowOrderBy: allowOrderBy === true,
    output: (of) => output ?? of,
    empty: settings.emptyResultSetValue ?? null,
  };
}

/**
 * Any aggregate of the server by name: `Aggregate('pages', { function: 'BIT_COUNT' })`. A class that extends it says the
 * same once, as static properties.
 */
export const Aggregate = callableClass(OwnAggregate, 'Aggregate') as unknown as AggregateConstructor;
