import type { Node } from '@babel/types';
import { relationTwin, twins } from '@migrate-async/runtime/twins';
import {
  type ClassValue,
  type InstanceValue,
  keyName,
  memberName,
  type SourceFile,
  superclasses,
  unwrapped,
  type Value,
} from '../sources/index.ts';
import type { OrmFlow } from './orm-flow.ts';
import { isQuerySource, type OrmValue, type QuerySource, twinsOf } from './orm-values.ts';

/**
 * Whether a manager, query set or model of the project defines an operation itself and not its twin: the twin would
 * then be the inherited one, which does something else.
 */
export function isOverridden(
  flow: OrmFlow,
  file: SourceFile,
  node: Node,
  of: OrmValue,
  name: string,
): boolean {
  if (of.kind === 'instance') return isDeclaredAlone(flow, of.model.definition, name);
  if (!isQuerySource(of)) return false;
  const twin = twinsOf(of)[name];
  return owners(flow, file, node, of).some(
    (owner) => defines(flow, owner, name) && (twin === undefined || !defines(flow, owner, twin)),
  );
}

/** `declare getAnswerOrder: () => number[]` without its twin, which the compiler would then not know. */
function isDeclaredAlone(flow: OrmFlow, owner: ClassValue | undefined, name: string): boolean {
  if (owner === undefined || name in twins.instance) return false;
  const line = lineage(flow, owner);
  const declares = (member: string) =>
    line.some(({ node }) =>
      node.body.body.some((each) => each.type === 'ClassProperty' && keyName(each) === member),
    );
  return declares(name) && !declares(relationTwin(name));
}

/** A class of the project and those that it extends. */
function lineage(
  flow: OrmFlow,
  owner: ClassValue,
  seen: ReadonlySet<Node> = new Set(),
): readonly ClassValue[] {
  if (seen.has(owner.node)) return [];
  const known = new Set([...seen, owner.node]);
  const parents = superclasses(flow.evaluator, owner).filter((value) => value.kind === 'class');
  return [owner, ...parents.flatMap((parent) => lineage(flow, parent, known))];
}

/** The project's own classes behind a query source: what it is an instance of, and what its manager makes. */
function owners(flow: OrmFlow, file: SourceFile, node: Node, of: QuerySource): readonly Value[] {
  const receiver = unwrapped(node);
  const known: Value[] =
    receiver.type === 'MemberExpression' || receiver.type === 'OptionalMemberExpression'
      ? flow.evaluator.evaluate(file, receiver.object).filter(({ kind }) => kind === 'instance')
      : [];
  const made = querySetClass(flow, of);
  return [...known, ...(of.custom === undefined ? [] : [of.custom]), ...(made === undefined ? [] : [made])];
}

function defines(flow: OrmFlow, owner: Value, member: string): boolean {
  return flow.evaluator.member(owner, member).some(({ kind }) => kind === 'function');
}

/** The project's own query set class that operations of a source end up in: its own, or what its manager makes. */
export function querySetClass(flow: OrmFlow, source: QuerySource): InstanceValue | undefined {
  if (source.kind === 'queryset' || source.custom === undefined) return source.custom;
  const [maker, ...more] = flow.evaluator.member(source.custom, 'getQuerySet');
  if (maker?.kind !== 'function' || more.length > 0) return undefined;
  const [made] = flow.evaluator
    .returnExpressions(maker.node)
    .map((returned) => flow.value(maker.file, returned));
  return made?.kind === 'queryset' ? made.custom : undefined;
}

/**
 * What a method of a row is called when the project's model overrides an operation of the ORM without its twin:
 * `save` that does more, where the inherited `asave` would not.
 * @returns `undefined` when it is no such operation; otherwise whether the model defines the twin as well
 */
export function overriddenRowOperation(
  flow: OrmFlow,
  file: SourceFile,
  node: Node,
): { readonly of: OrmValue; readonly name: string; readonly hasTwin: boolean } | undefined {
  const member = unwrapped(node);
  const name = memberName(member);
  if (member.type !== 'MemberExpression' && member.type !== 'OptionalMemberExpression') return undefined;
  if (name === undefined || !(name in twins.instance)) return undefined;
  const of = flow.value(file, member.object);
  if (of?.kind !== 'instance' || of.model.definition === undefined) return undefined;
  const row: Value = { kind: 'instance', of: of.model.definition };
  return { of, name, hasTwin: defines(flow, row, twinsOf(of)[name] ?? '') };
}
