import type { Node } from '@babel/types';
import {
  type Evaluator,
  type FunctionNode,
  keyName,
  memberName,
  type SourceFile,
  unwrapped,
  walk,
} from '../sources/index.ts';
import type { Bridge } from './bridge.ts';
import { type Doubt, Wrappers } from './bridge-wrappers.ts';
import type { BridgeOptions } from './bridges.ts';

/** Where the wrapper goes by which names in a project. */
export interface WrapperIndex {
  readonly wrappers: Wrappers;
  /** Every name the wrapper or a helper is reached by. */
  readonly words: ReadonlySet<string>;
  /** The bridges of the files that were looked at. */
  readonly bridges: Map<SourceFile, readonly Bridge[]>;
  concerns(file: SourceFile): boolean;
}

const indexes = new WeakMap<Evaluator, Map<string, WrapperIndex>>();

/** Reads the project's files that mention the wrapper, once per run. */
export function wrapperIndex(evaluator: Evaluator, options: BridgeOptions): WrapperIndex {
  const key = JSON.stringify([options.wrappers ?? [], options.defaultWrappers ?? [], options.twins ?? {}]);
  const known = indexes.get(evaluator)?.get(key);
  if (known !== undefined) return known;
  const index = new IndexBuilder(evaluator, options).build();
  indexes.set(evaluator, (indexes.get(evaluator) ?? new Map()).set(key, index));
  return index;
}

const behaviour: Doubt = {
  code: 'MA106',
  reason: 'the function that wraps does more than wrap',
};

class IndexBuilder implements WrapperIndex {
  readonly wrappers: Wrappers;
  readonly words: Set<string>;
  readonly bridges = new Map<SourceFile, readonly Bridge[]>();
  private readonly evaluator: Evaluator;
  /** Files that import the wrapper or a helper under a name of their own choice. */
  private readonly importers = new Set<string>();
  private readonly scanned = new Set<string>();
  private grown = false;

  constructor(evaluator: Evaluator, options: BridgeOptions) {
    const names = new Set(['syncToAsync', ...(options.wrappers ?? [])]);
    this.evaluator = evaluator;
    this.words = new Set(names);
    for (const module of options.defaultWrappers ?? []) this.words.add(module);
    this.wrappers = new Wrappers(evaluator, { names, defaults: new Set(options.defaultWrappers ?? []) });
  }

  concerns(file: SourceFile): boolean {
    return (
      this.importers.has(file.path) ||
      [...this.words].some((word) => file.text.includes(word)) ||
      fileNamed.test(file.text)
    );
  }

  build(): this {
    do {
      this.grown = false;
      for (const path of this.candidates()) {
        if (this.scanned.has(path)) continue;
        this.scanned.add(path);
        const file = this.evaluator.sources.file(path);
        if (file !== undefined) this.scan(file);
      }
      // A name looked up before its helper was found was not known to wrap.
      if (this.grown) this.wrappers.forget();
    } while (this.grown);
    return this;
  }

  private candidates(): readonly string[] {
    return [...this.evaluator.sources.mentioning([...this.words, 'sync-to-async']), ...this.importers];
  }

  private scan(file: SourceFile): void {
    walk(file.ast.program, (node) => {
      if (node.type === 'ExportNamedDeclaration' && node.source) this.passedOn(file, node, node.source.value);
      const name = node.type === 'Identifier' ? node.name : memberName(node);
      if (name === undefined) return true;
      if (node.type === 'Identifier' ? file.scopes.bindingOf(node) === undefined : !this.words.has(name))
        return true;
      if (isDeclaring(file, node) || this.wrappers.of(file, node) === undefined) return true;
      this.use(file, node);
      return true;
    });
  }

  /** `export { syncToAsync as hop } from './database'`, which declares no name in its own file. */
  private passedOn(
    file: SourceFile,
    { specifiers }: Node & { type: 'ExportNamedDeclaration' },
    from: string,
  ): void {
    for (const specifier of specifiers) {
      if (specifier.type !== 'ExportSpecifier') continue;
      const name = nameOf(specifier.exported);
      if (this.wrappers.imported(file, from, nameOf(specifier.local), name) === undefined) continue;
      if (name === 'default') this.openDefault(file);
      else this.word(name);
    }
  }

  /** One place where the wrapper is named: it may hand the wrapper on under another name, or make a helper. */
  private use(file: SourceFile, node: Node): void {
    const outer = outermost(file, node);
    const parent = file.parentOf(outer);
    switch (parent?.type) {
      case 'CallExpression':
      case 'OptionalCallExpression':
        if (parent.callee === outer) this.wrapping(file, parent);
        return;
      case 'VariableDeclarator':
        if (parent.init === outer && parent.id.type === 'Identifier')
          this.handedOn(file, parent.id.name, parent.id);
        return;
      case 'ConditionalExpression':
      case 'LogicalExpression':
        this.use(file, parent);
        return;
      case 'ObjectProperty':
      case 'ClassProperty':
        if (parent.value === outer) this.word(keyName(parent));
        return;
      case 'AssignmentExpression':
        if (parent.right !== outer) return;
        if (isModuleItself(file, parent.left)) this.openDefault(file);
        else this.word(memberName(parent.left));
        return;
      case 'ExportSpecifier':
        this.word(parent.exported.type === 'Identifier' ? parent.exported.name : parent.exported.value);
        if (this.words.has('default')) this.openDefault(file);
        return;
      case 'ExportDefaultDeclaration':
      case 'TSExportAssignment':
        this.openDefault(file);
    }
  }

  private wrapping(
    file: SourceFile,
    call: Node & { type: 'CallExpression' | 'OptionalCallExpression' },
  ): void {
    const argument = call.arguments[0];
    const handed = argument && unwrapped(argument);
    if (handed?.type !== 'Identifier') return;
    const binding = file.scopes.bindingOf(handed);
    if (binding?.kind !== 'parameter' || binding.assignments.length > 0) return;
    const helper = binding.declaration as FunctionNode;
    if (helper.params[0] !== binding.identifier || this.wrappers.of(file, helper) !== undefined) return;
    const node = helper.type === 'ObjectMethod' || helper.type === 'ClassMethod' ? undefined : helper;
    const name = node ? declaredName(file, node) : undefined;
    if (name === undefined) return;
    this.wrappers.addHelper(helper, {
      doubt: onlyReturns(helper, call) ? undefined : behaviour,
      helper: { file, node: helper, options: call.arguments[1] },
    });
    this.grown = true;
    this.handedOn(file, name, helper);
  }

  private handedOn(file: SourceFile, name: string, node: Node): void {
    this.word(name);
    if (this.evaluator.referencesTo(file, node).some((place) => place.file !== file)) this.openDefault(file);
  }

  private openDefault(file: SourceFile): void {
    for (const importer of this.evaluator.importersOf(file)) {
      if (this.importers.has(importer.path)) continue;
      this.importers.add(importer.path);
      this.grown = true;
    }
  }

  private word(name: string | undefined): void {
    if (name === undefined || this.words.has(name)) return;
    this.words.add(name);
    this.grown = true;
  }
}

/** A module called after the wrapper may be imported under any name. */
const fileNamed = /sync[-_]?to[-_]?async/i;

/** `module.exports`. */
function isModuleItself(file: SourceFile, target: Node): boolean {
  return (
    target.type === 'MemberExpression' &&
    memberName(target) === 'exports' &&
    target.object.type === 'Identifier' &&
    target.object.name === 'module' &&
    file.scopes.isGlobal(target.object)
  );
}

function nameOf(name: Node): string {
  return name.type === 'Identifier' ? name.name : name.type === 'StringLiteral' ? name.value : '';
}

function isDeclaring(file: SourceFile, node: Node): boolean {
  return node.type === 'Identifier' && file.scopes.bindingOf(node)?.identifier === node;
}

function outermost(file: SourceFile, node: Node): Node {
  let outer = node;
  for (
    let above = file.parentOf(outer);
    above && unwrapped(above) === unwrapped(node);
    above = file.parentOf(above)
  )
    outer = above;
  return outer;
}

/** `(fn) => wrap(fn)` and `function (fn) { return wrap(fn); }`, with nothing else to it. */
function onlyReturns(helper: FunctionNode, call: Node): boolean {
  if (helper.params.length !== 1 || helper.async || helper.generator) return false;
  const { body } = helper;
  if (body.type !== 'BlockStatement') return unwrapped(body) === call;
  const [only] = body.body;
  return (
    body.body.length === 1 &&
    only?.type === 'ReturnStatement' &&
    only.argument != null &&
    unwrapped(only.argument) === call
  );
}

/** The name a helper is called by. */
function declaredName(file: SourceFile, node: FunctionNode): string | undefined {
  if ('id' in node && node.id) return node.id.name;
  const parent = file.parentOf(node);
  if (parent?.type === 'VariableDeclarator' && parent.id.type === 'Identifier') return parent.id.name;
  return parent?.type === 'ExportDefaultDeclaration' ? 'default' : undefined;
}
