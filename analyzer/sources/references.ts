import type { Node } from '@babel/types';
import { memberKeyOf } from './assigned-members.ts';
import { type Call, callsOf } from './calls.ts';
import type { CallSite, Evaluator } from './evaluator.ts';
import { exportsOf } from './exports.ts';
import { ImportGraph } from './import-graph.ts';
import { forwardedNames, importReferences, isCall, outermost } from './imported-uses.ts';
import type { Binding } from './scopes.ts';
import type { SourceFile } from './source-file.ts';
import { TestedCode } from './tested.ts';
import { type FunctionNode, keyName } from './tree.ts';
import type { ClassNode, Place } from './values.ts';

/** Barrels re-export from barrels, but not through more files than this. */
const longestForwarding = 6;

/** A method name called more often than this in one file says nothing about whose method it is. */
const mostCandidates = 200;

/** A file with more calls of computed members than this dispatches by data. */
const mostComputed = 20;

/** Follows declarations forwards: to where they are named, imported and called. */
export class References {
  private readonly evaluator: Evaluator;
  private readonly sites = new Map<Node, readonly CallSite[]>();
  private readonly tested: TestedCode;
  private readonly importers = new Map<string, readonly SourceFile[]>();
  /** Importers by file and words: methods of one name are asked for again and again. */
  private readonly mentioning = new Map<string, readonly SourceFile[]>();
  private built: ImportGraph | undefined;

  constructor(evaluator: Evaluator) {
    this.evaluator = evaluator;
    this.tested = new TestedCode(evaluator.sources, () => this.graph);
  }

  get graph(): ImportGraph {
    this.built ??= new ImportGraph(this.evaluator.sources);
    return this.built;
  }

  /** Every call of a function that can be found by following its name; calls in tests only when there are no others. */
  callSites(file: SourceFile, node: FunctionNode | ClassNode): readonly CallSite[] {
    const known = this.sites.get(node);
    if (known !== undefined) return known;
    // What is asked while the answer is being worked out gets none: the answer cannot depend on itself.
    this.sites.set(node, []);
    const places = this.to(file, node);
    const called = places.flatMap((place) => calledAt(place));
    const passed = places.flatMap((place) => this.passedAt(place, node));
    const keys = new Set([memberKeyOf(file, node), ...places.map(propertyKeyAt)]);
    const asMember = [...keys].flatMap((key) => this.calledAsMember(file, node, key));
    const named = [...called, ...asMember, ...passed];
    // `parts[name](router)` may call any part: it counts for those that nothing calls by name.
    const looked =
      named.length === 0 ? [...keys].flatMap((key) => this.calledByAnyName(file, node, key)) : [];
    const all = unique([...named, ...looked]);
    const outsideTests = all.filter((site) => !this.isTested(site.file, site.call));
    const found = outsideTests.length > 0 ? outsideTests : all;
    this.sites.set(node, found);
    return found;
  }

  /** Whether code at a place runs in tests only: it stands in one, or in a function that only tests call. */
  isTested(file: SourceFile, node: Node): boolean {
    return this.tested.isTested(file, node);
  }

  /** Every expression that means this declaration, across files. */
  to(file: SourceFile, node: Node): readonly Place[] {
    const places: Place[] = [];
    const parent = file.parentOf(node);
    const assigned = parent?.type === 'VariableDeclarator' && parent.init === node ? parent.id : undefined;
    const own =
      'id' in node && node.id && (node.id as Node).type === 'Identifier' ? (node.id as Node) : undefined;
    const binding = [own, assigned]
      .map((name) => (name ? file.scopes.bindingOf(name) : undefined))
      .find(Boolean);
    for (const reference of binding?.references ?? []) places.push({ file, node: reference });
    if (parent !== undefined && isCall(parent)) places.push({ file, node });
    for (const name of exportedNames(file, node, binding)) places.push(...this.imported(file, name, 0));
    return places;
  }

  /** The listed files that import or require `file`. */
  importersOf(file: SourceFile): readonly SourceFile[] {
    let found = this.importers.get(file.path);
    if (found === undefined) {
      found = this.importersMentioning(file, undefined);
      this.importers.set(file.path, found);
    }
    return found;
  }

  /** Importers that hold one of the words; the others need not be parsed. */
  private importersMentioning(file: SourceFile, words: readonly string[] | undefined): readonly SourceFile[] {
    const { sources } = this.evaluator;
    const key = JSON.stringify([file.path, words]);
    const known = this.mentioning.get(key);
    if (known !== undefined) return known;
    const found = this.graph
      .importersOf(file.path)
      .filter((path) => path !== file.path && (words === undefined || sources.mentions(path, words)))
      .flatMap((path) => sources.file(path) ?? []);
    this.mentioning.set(key, found);
    return found;
  }

  private imported(file: SourceFile, name: string, depth: number): Place[] {
    if (depth > longestForwarding) return [];
    const isNamed = name !== 'default' && name !== '*';
    const importers = isNamed
      ? this.importersMentioning(file, [name, '* from', '*from'])
      : this.importersOf(file);
    return importers.flatMap((importer) => {
      const leads = (specifier: string) => this.leadsTo(importer, specifier, file);
      const forwarded = forwardedNames(importer, name, leads);
      return [
        ...importReferences(importer, name, leads),
        ...forwarded.flatMap((exported) => this.imported(importer, exported, depth + 1)),
      ];
    });
  }

  private leadsTo(importer: SourceFile, specifier: string, file: SourceFile): boolean {
    const target = this.evaluator.sources.modules.resolve(importer.path, specifier);
    return target.kind === 'file' && target.path === file.path;
  }

  /** Calls of a method or of a function kept as a property, in its file and in those that import it. */
  private calledAsMember(file: SourceFile, node: Node, key: string | undefined): CallSite[] {
    if (key === undefined || key === 'constructor') return [];
    const words = [`${key}(`, `${key}<`, `${key}']`, `${key}"]`, '* from', 'export {', 'export{'];
    const importers = this.importersMentioning(file, words);
    const files = [
      file,
      ...importers.flatMap((importer) => [importer, ...this.barrelUsers(importer, words)]),
    ];
    return [...new Set(files)].flatMap((candidate) => {
      const calls = callsOf(candidate).byMember.get(key) ?? [];
      return calls.length > mostCandidates ? [] : this.callsThatMean(candidate, calls, node);
    });
  }

  /** Calls of a member whose name only run time knows, in the file of a function that is a member and its importers. */
  private calledByAnyName(file: SourceFile, node: Node, key: string | undefined): CallSite[] {
    if (key === undefined || key === 'constructor') return [];
    return [file, ...this.importersMentioning(file, [']('])].flatMap((candidate) => {
      const { computed } = callsOf(candidate);
      return computed.length > mostComputed ? [] : this.callsThatMean(candidate, computed, node);
    });
  }

  private callsThatMean(file: SourceFile, calls: readonly Call[], node: Node): CallSite[] {
    return calls
      .filter((call) =>
        this.evaluator
          .evaluate(file, call.callee)
          .some((value) => value.kind === 'function' && value.node === node),
      )
      .map((call) => ({ file, call }));
  }

  private barrelUsers(file: SourceFile, words: readonly string[]): readonly SourceFile[] {
    const { names, stars } = exportsOf(file);
    const forwards = stars.length > 0 || [...names.values()].some(({ kind }) => kind !== 'local');
    return forwards ? this.importersMentioning(file, words) : [];
  }

  /** A function given to another one is called where that one calls its parameter. */
  private passedAt(place: Place, node: Node): CallSite[] {
    const argument = outermost(place.file, place.node);
    const call = place.file.parentOf(argument);
    if (call === undefined || !isCall(call) || call.callee === argument) return [];
    const index = (call.arguments as readonly Node[]).indexOf(argument);
    if (index < 0) return [];
    return this.evaluator.evaluate(place.file, call.callee).flatMap((callee) => {
      if (callee.kind !== 'function' || callee.node === node) return [];
      const parameter = callee.node.params[index];
      const binding = parameter && callee.file.scopes.bindingOf(parameter);
      return (binding?.references ?? []).flatMap((reference) =>
        calledAt({ file: callee.file, node: reference }),
      );
    });
  }
}

function unique(sites: readonly CallSite[]): readonly CallSite[] {
  const seen = new Set<Node>();
  return sites.filter(({ call }) => !seen.has(call) && seen.add(call));
}

/** The key that a function is put under in an object: `export default { route }`, `{ users: require('./users') }`. */
function propertyKeyAt({ file, node }: Place): string | undefined {
  const parent = file.parentOf(node);
  const isValue = parent?.type === 'ObjectProperty' && parent.value === node;
  return isValue && file.parentOf(parent)?.type === 'ObjectExpression' ? keyName(parent) : undefined;
}

function calledAt({ file, node }: Place): CallSite[] {
  const callee = outermost(file, node);
  const call = file.parentOf(callee);
  return call !== undefined && isCall(call) && call.callee === callee ? [{ file, call }] : [];
}

/** The names a declaration or expression is exported under. */
function exportedNames(file: SourceFile, node: Node, binding: Binding | undefined): string[] {
  const names: string[] = [];
  const { names: table, whole } = exportsOf(file);
  const means = (exported: Node) =>
    exported === node || (binding !== undefined && file.scopes.bindingOf(exported) === binding);
  for (const [name, exported] of table) {
    if (exported.kind === 'local' && means(exported.node)) names.push(name);
  }
  if (whole !== undefined && means(whole)) names.push('default', '*');
  return names;
}
