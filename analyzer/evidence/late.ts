import type { Node } from '@babel/types';
import { constantText, keyName, memberName, unwrapped } from '../sources/index.ts';
import { ormFlow } from './orm.ts';
import { isQuerySource, type OrmValue } from './orm-values.ts';
import { templateReads } from './templates.ts';
import { evaluated, place, type Walk, type Walked, waited } from './walk.ts';

const renderMethods = /^(?:render|renderAsync|view|viewAsync|renderFile|renderString|renderToString)$/;

/**
 * Rendering a template: what it reads from the models it is given, it reads after the asynchronous part.
 * @param node the call, or the method that a bridge is handed
 * @param given the arguments, where `node` is only the method
 */
export function lateCall(walk: Walk, node: Node, given?: readonly Node[]): Walked | undefined {
  const isCall = node.type === 'CallExpression' || node.type === 'OptionalCallExpression';
  const name = memberName(unwrapped(isCall ? node.callee : node));
  if (name === undefined || !renderMethods.test(name)) return undefined;
  const parameters = given ?? (isCall ? node.arguments : []);
  const view = parameters[0] && constantText(evaluated(walk, unwrapped(parameters[0])));
  const models = parameters.flatMap((parameter) => modelsIn(walk, parameter));
  // A `render` that gets neither a template's name nor a model is another one: React's, a canvas's.
  if (view === undefined && models.length === 0) return undefined;
  return waited({
    kind: 'late',
    what: `${name}(${view === undefined ? '…' : `'${view}'`})`,
    models: models.map(({ label }) => label),
    reads: view === undefined ? undefined : templateReads(walk, view, models),
    location: place(walk, node),
  });
}

/** A name a template knows, and what it stands for. */
export interface TemplateModel {
  readonly name: string;
  readonly label: string;
  readonly value: OrmValue;
}

/** The models among the values of the object a template is given. */
function modelsIn(walk: Walk, given: Node): readonly TemplateModel[] {
  const node = unwrapped(given);
  if (node.type !== 'ObjectExpression') return [];
  const flow = ormFlow(walk.project.evaluator);
  return node.properties.flatMap((property): readonly TemplateModel[] => {
    if (property.type !== 'ObjectProperty') return [];
    const name = keyName(property);
    const value = flow.value(walk.file, property.value);
    if (name === undefined || value === undefined || !isModelValue(value)) return [];
    return [{ name, label: `${name}: ${modelName(value)}`, value }];
  });
}

function isModelValue(value: OrmValue): boolean {
  return (
    value.kind === 'instance' || isQuerySource(value) || (value.kind === 'list' && isModelValue(value.of))
  );
}

function modelName(value: OrmValue): string {
  if (value.kind === 'list') return `${modelName(value.of)}[]`;
  return 'model' in value ? (value.model.name ?? 'model') : 'model';
}
