import type { Node, ObjectProperty } from '@babel/types';
import type { Site } from '../../analyzer/analysis.ts';
import {
  type Binding,
  columnOf,
  type Evaluator,
  lineOf,
  type SourceFile,
  span,
  walk,
} from '../../analyzer/sources/index.ts';
import type { Edit } from '../edit.ts';
import { removal } from '../layout.ts';
import type { FileResult } from '../result.ts';
import { cleanup } from '../unused-names.ts';
import { verifiedResult } from '../verified-result.ts';
import { type PackBridge, packBridges } from './match-pack.ts';
import type { Pack } from './pack.ts';

/** The sites of a pack in a file, with their outcomes. */
export function packSites(file: SourceFile, evaluator: Evaluator, pack: Pack): readonly Site[] {
  return packBridges(file, evaluator, pack).map(({ wrap, outcome, handed }) => ({
    id: siteId(file, wrap),
    transform: pack.name,
    file: file.path,
    ...span(wrap),
    line: lineOf(wrap),
    column: columnOf(wrap),
    what: handed ? `${handed.module}.${handed.name}` : file.textOf(wrap.arguments[0] ?? wrap),
    outcome,
    operations: [],
  }));
}

/**
 * Rewrites a pack's sites in one file.
 * @param planned ids of the sites to rewrite; all that can be proven when it is left out
 */
export function rewritePack(
  file: SourceFile,
  evaluator: Evaluator,
  pack: Pack,
  planned?: ReadonlySet<string>,
): FileResult {
  const bridges = packBridges(file, evaluator, pack).filter(
    ({ wrap, handed }) => handed !== undefined && (planned === undefined || planned.has(siteId(file, wrap))),
  );
  const edits: Edit[] = [];
  const touched = new Set<Binding>();
  const sites: string[] = [];
  for (const [module, group] of byModule(bridges)) {
    const namespace = pack.namespaces[module] ?? '';
    const imports = namespaceImport(file, group, namespace);
    if (imports === undefined) continue;
    edits.push(...imports.edits);
    for (const bridge of group) {
      edits.push(...siteEdits(bridge, namespace, imports.local));
      for (const binding of namesIn(bridge)) if (!imports.replaced.has(binding)) touched.add(binding);
      sites.push(siteId(file, bridge.wrap));
    }
  }
  if (sites.length === 0) return { schemaVersion: 1, status: 'unchanged' };
  const names = new Set([
    ...Object.values(pack.namespaces),
    ...Object.values(pack.functions).flat(),
    ...aliases,
  ]);
  return verifiedResult(file, [...edits, ...cleanup(file, touched, edits)], { sites, names });
}

/** Local names for a namespace whose own name is taken, and the word that gives them. */
const aliases: readonly string[] = ['as', 'fsPromises', 'dnsPromises', 'streamPromises'];

function siteId(file: SourceFile, wrap: Node): string {
  return `${file.path}:${span(wrap).start}`;
}

function byModule(bridges: readonly PackBridge[]): ReadonlyMap<string, readonly PackBridge[]> {
  const groups = new Map<string, PackBridge[]>();
  for (const bridge of bridges) {
    const module = bridge.handed?.module;
    if (module !== undefined) groups.set(module, [...(groups.get(module) ?? []), bridge]);
  }
  return groups;
}

function siteEdits(
  { file, wrap, handed }: PackBridge,
  namespace: string,
  local: string | undefined,
): readonly Edit[] {
  if (handed === undefined) return [];
  const core = span(handed.node);
  const around = [
    ...removal(file, span(wrap).start, core.start, { kept: 'after' }),
    ...removal(file, core.end, span(wrap).end, { kept: 'before' }),
  ];
  if (handed.node.type === 'MemberExpression') {
    const { start } = span(handed.node.property);
    return [...around, { start, end: start, text: `${namespace}.` }];
  }
  return [...around, { ...core, text: `${local}.${handed.name}` }];
}

interface NamespaceImport {
  /** What the namespace is called in this file; absent when every site names the module itself. */
  readonly local: string | undefined;
  readonly edits: readonly Edit[];
  /** Names whose place in the import the namespace takes. */
  readonly replaced: ReadonlySet<Binding>;
}

/** Sees to it that sites that name a function by itself can name the namespace. */
function namespaceImport(
  file: SourceFile,
  group: readonly PackBridge[],
  namespace: string,
): NamespaceImport | undefined {
  const bindings = new Map<Binding, Set<Node>>();
  for (const { handed } of group) {
    if (handed?.node.type !== 'Identifier') continue;
    const binding = file.scopes.bindingOf(handed.node);
    if (binding) bindings.set(binding, (bindings.get(binding) ?? new Set()).add(handed.node));
  }
  const [first] = bindings;
  if (first === undefined) return { local: undefined, edits: [], replaced: new Set() };
  const local = freeName(file, namespace, group[0]?.handed?.module ?? '');
  // A name in a scope of its own is one import per scope: left to the reader.
  const owners = new Set([...bindings.keys()].map(({ declaration }) => file.parentOf(declaration)));
  if (local === undefined || owners.size > 1) return undefined;
  const spare = [...bindings].find(([binding, uses]) => binding.references.every((use) => uses.has(use)));
  const [binding] = spare ?? first;
  const part = importPart(binding);
  if (part === undefined) return undefined;
  const joiner = binding.kind === 'import' ? ' as ' : ': ';
  const text = local === namespace ? namespace : `${namespace}${joiner}${local}`;
  const { start, end } = span(part);
  return spare === undefined
    ? { local, edits: [{ start: end, end, text: `, ${text}` }], replaced: new Set() }
    : { local, edits: [{ start, end, text }], replaced: new Set([binding]) };
}

function importPart({ declaration, identifier }: Binding): Node | undefined {
  if (declaration.type === 'ImportSpecifier') return declaration;
  if (declaration.type !== 'VariableDeclarator' || declaration.id.type !== 'ObjectPattern') return undefined;
  return declaration.id.properties.find(
    (property): property is ObjectProperty =>
      property.type === 'ObjectProperty' && property.value === identifier,
  );
}

function freeName(file: SourceFile, namespace: string, module: string): string | undefined {
  const candidates = [namespace, `${module}${namespace.charAt(0).toUpperCase()}${namespace.slice(1)}`];
  return candidates.find((name) => !new RegExp(`(?<![\\w$.])${name}(?![\\w$])`).test(file.text));
}

function namesIn({ file, wrap }: PackBridge): readonly Binding[] {
  const found: Binding[] = [];
  walk(wrap, (node) => {
    const binding = node.type === 'Identifier' ? file.scopes.bindingOf(node) : undefined;
    if (binding !== undefined) found.push(binding);
    return true;
  });
  return found;
}
