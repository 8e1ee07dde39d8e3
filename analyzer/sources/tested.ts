import type { Node } from '@babel/types';
import { exportsOf } from './exports.ts';
import type { ImportGraph } from './import-graph.ts';
import type { SourceFile } from './source-file.ts';
import type { Sources } from './sources.ts';
import { isTestFile } from './test-files.ts';
import type { FunctionNode } from './tree.ts';

/** What uses a function, as far as the text tells: something that is served, only tests, or nothing at all. */
type Use = 'served' | 'tests' | 'none';

/** Names everything a module exports, without naming any of it. */
const wholeImport = /\*\s*(?:as\s+[\w$]+\s+)?from\b|\brequire\s*\(|\bimport\s*\(/;

/** A file that hands on what it imports. */
const isBarrel = /\bexport\s*(?:\*|\{[^}]*\}\s*from\b)/;

function strongest(uses: Iterable<Use>): Use {
  let found: Use = 'none';
  for (const use of uses) {
    if (use === 'served') return use;
    if (use === 'tests') found = use;
  }
  return found;
}

/**
 * Tells code that only tests run, by which files name it. No other file is parsed for the answer: parsing every file
 * that may call something, and those that may call that, would parse most of a project.
 */
export class TestedCode {
  private readonly sources: Sources;
  private readonly graph: () => ImportGraph;
  private readonly uses = new WeakMap<FunctionNode, Use>();
  /** Functions whose use is being worked out, and whether one of them was asked for again. */
  private readonly underWay = new Set<FunctionNode>();
  private cut = false;

  constructor(sources: Sources, graph: () => ImportGraph) {
    this.sources = sources;
    this.graph = graph;
  }

  /** Whether code at a place runs in tests only: it stands in one, or in a function that only tests call. */
  isTested(file: SourceFile, node: Node): boolean {
    if (isTestFile(file.path)) return true;
    for (let around = file.functionAround(node); around !== undefined; around = file.functionAround(around)) {
      if (this.useOf(file, around) === 'tests') return true;
    }
    return false;
  }

  private useOf(file: SourceFile, node: FunctionNode): Use {
    const known = this.uses.get(node);
    if (known !== undefined) return known;
    if (this.underWay.has(node)) {
      this.cut = true;
      return 'none';
    }
    this.underWay.add(node);
    const found = this.findUse(file, node);
    this.underWay.delete(node);
    // What a cycle cut short is not the whole answer for one who asks from elsewhere.
    if (found === 'served' || !this.cut || this.underWay.size === 0) this.uses.set(node, found);
    if (this.underWay.size === 0) this.cut = false;
    return found;
  }

  private findUse(file: SourceFile, node: FunctionNode): Use {
    const name = nameOf(file, node);
    const binding = name && file.scopes.bindingOf(name);
    if (binding === undefined) return 'served';
    const exported = exportsOfFile(file);
    const uses = function* (this: TestedCode): Generator<Use> {
      for (const reference of binding.references) {
        const around = file.functionAround(reference);
        if (isExport(file, reference, exported)) continue;
        yield around === undefined ? 'served' : this.useOf(file, around);
      }
      for (const own of exported) {
        const isOwn = own.node === node || file.scopes.bindingOf(own.node) === binding;
        if (isOwn) yield this.useOfExport(file.path, own.name, new Set());
      }
    };
    return strongest(uses.call(this));
  }

  private useOfExport(path: string, name: string, seen: Set<string>): Use {
    if (seen.has(path)) return 'none';
    seen.add(path);
    const mentions = (text: string) => name === 'default' || text.includes(name) || wholeImport.test(text);
    const uses = function* (this: TestedCode): Generator<Use> {
      for (const importer of this.graph().importersOf(path)) {
        const text = this.sources.text(importer);
        if (!mentions(text)) continue;
        // A barrel only hands on what others may use.
        yield isBarrel.test(text)
          ? this.useOfExport(importer, name, seen)
          : isTestFile(importer)
            ? 'tests'
            : 'served';
      }
    };
    return strongest(uses.call(this));
  }
}

/** The identifier a function is called by; methods, callbacks and values of properties have none. */
function nameOf(file: SourceFile, node: FunctionNode): Node | undefined {
  if (node.type === 'FunctionDeclaration') return node.id ?? undefined;
  if (node.type !== 'ArrowFunctionExpression' && node.type !== 'FunctionExpression') return undefined;
  const parent = file.parentOf(node);
  return parent?.type === 'VariableDeclarator' && parent.id.type === 'Identifier' ? parent.id : undefined;
}

interface OwnExport {
  readonly name: string;
  readonly node: Node;
}

function exportsOfFile(file: SourceFile): readonly OwnExport[] {
  const { names, whole } = exportsOf(file);
  const named = [...names].flatMap(([name, own]) => (own.kind === 'local' ? [{ name, node: own.node }] : []));
  return whole === undefined ? named : [...named, { name: 'default', node: whole }];
}

function isExport(file: SourceFile, reference: Node, exported: readonly OwnExport[]): boolean {
  const parent = file.parentOf(reference);
  if (parent?.type === 'ExportSpecifier' || parent?.type === 'ExportDefaultDeclaration') return true;
  return exported.some(({ node }) => node === reference);
}
