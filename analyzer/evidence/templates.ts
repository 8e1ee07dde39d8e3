import type { TemplateModel } from './late.ts';
import { ormFlow } from './orm.ts';
import { memberValue } from './orm-members.ts';
import { isSingleRelation } from './orm-models.ts';
import { elementOf, isQuerySource, type OrmValue } from './orm-values.ts';
import type { Walk } from './walk.ts';

/**
 * The database reads of a template: dotted paths in it that follow a relation of a model it is given, and query sets
 * it goes through. Understands what EJS, Handlebars, Nunjucks, Pug and Django-like templates have in common: names
 * with dots, and loops that give an element a name.
 * @returns the paths, each once; `undefined` when the template cannot be read
 */
export function templateReads(
  walk: Walk,
  view: string,
  models: readonly TemplateModel[],
): readonly string[] | undefined {
  const text = walk.project.template(view, walk.file.path);
  if (text === undefined) return undefined;
  const names = new Map(models.map(({ name, value }) => [name, value]));
  const reads = new Set<string>();
  for (const [, element, list] of text.matchAll(loops)) {
    const value = list === undefined ? undefined : follow(walk, names, list, reads);
    const of = elementOf(value);
    if (value !== undefined && isQuerySource(value) && list !== undefined) reads.add(list);
    if (of !== undefined && element !== undefined) names.set(element, of);
  }
  for (const [path] of text.matchAll(/[A-Za-z_$][\w$]*(?:\??\.[A-Za-z_$][\w$]*)+/g)) {
    follow(walk, names, path.replaceAll('?', ''), reads);
  }
  return [...reads];
}

/** `{% for line in order.lines.all %}`, `for (const line of order.lines.list())`, `each line in order.lines`, `lines.forEach((line) =>`. */
const loops = /(?:\b(?:for|each)\s*\(?\s*(?:const|let|var)?\s*([\w$]+)\s+(?:in|of)\s+([\w$]+(?:\.[\w$]+)*))/g;

/** Names that template engines put before everything they are given. */
const templateRoot = /^(?:it|locals|this|data|root|\$)\./;

/** Follows a dotted path from a name the template knows, and notes the relations it loads on the way. */
function follow(
  walk: Walk,
  names: ReadonlyMap<string, OrmValue>,
  path: string,
  reads: Set<string>,
): OrmValue | undefined {
  const { evaluator } = walk.project;
  const [root, ...members] = path.replace(templateRoot, '').split('.');
  let value = root === undefined ? undefined : names.get(root);
  let read = root ?? '';
  for (const member of members) {
    if (value === undefined) return undefined;
    if (value.kind === 'instance' && value.model.definition) {
      read += `.${member}`;
      if (isSingleRelation(evaluator, value.model.definition, member)) reads.add(read);
      value = memberValue(ormFlow(evaluator), value, member);
      continue;
    }
    // `order.lines.all` and `order.lines.list()`: still the rows of the relation.
    if (!isQuerySource(value)) return undefined;
    if (/^(?:all|list|filter|selectRelated|orderBy)$/.test(member)) continue;
    return undefined;
  }
  return value;
}
