import { readFileSync } from 'node:fs';
import path from 'node:path';
import ts from 'typescript';
import { describe, expect, it } from 'vitest';
import { findBridges } from '../../analyzer/evidence/bridges.ts';
import { Evaluator, listFiles, Sources } from '../../analyzer/sources/index.ts';
import { siteMatcher } from '../../transforms/index.ts';
import { fixtures, rewriteAll } from './support/fixtures.ts';
import { generatePrograms } from './support/generator.ts';

const root = path.resolve(import.meta.dirname, '../..');

/**
 * Lines with calls of what is named `syncToAsync`, found by another parser that knows nothing of scopes or values.
 * @returns `undefined` where the name alone does not tell: it is declared, renamed or passed on in the file
 */
function scannedBridges(name: string, text: string): readonly number[] | undefined {
  const kind = /x$/.test(name) ? ts.ScriptKind.TSX : ts.ScriptKind.TS;
  const file = ts.createSourceFile(name, text, ts.ScriptTarget.Latest, true, kind);
  const lines: number[] = [];
  let isPlain = true;
  const visit = (node: ts.Node): void => {
    if (ts.isIdentifier(node) && node.text === 'syncToAsync') {
      const { parent } = node;
      const callee = ts.isPropertyAccessExpression(parent) && parent.name === node ? parent : node;
      const outer = outermost(callee);
      if (ts.isCallExpression(outer.parent) && outer.parent.expression === outer)
        lines.push(file.getLineAndCharacterOfPosition(outer.parent.getStart(file)).line + 1);
      else if (!isNaming(parent)) isPlain = false;
    }
    ts.forEachChild(node, visit);
  };
  visit(file);
  return isPlain ? lines : undefined;
}

/** Parentheses and `(0, f)` round a callee call the same function. */
function outermost(node: ts.Node): ts.Node {
  let outer = node;
  while (
    ts.isParenthesizedExpression(outer.parent) ||
    (ts.isBinaryExpression(outer.parent) && outer.parent.operatorToken.kind === ts.SyntaxKind.CommaToken)
  )
    outer = outer.parent;
  return outer;
}

/** An import, or a place where only types are. */
function isNaming(parent: ts.Node): boolean {
  return (
    (ts.isImportSpecifier(parent) && parent.propertyName === undefined) ||
    ts.isTypeQueryNode(parent) ||
    (ts.isBindingElement(parent) &&
      parent.propertyName === undefined &&
      /require|import/.test(parent.parent.parent.getText()))
  );
}

/** Lines of bridges that are neither rewritten nor listed; calls of helpers that wrap are listed beside them. */
function unlisted(scanned: readonly number[], listed: readonly number[]): readonly number[] {
  const left = [...listed];
  return scanned.filter((line) => {
    const index = left.indexOf(line);
    if (index >= 0) left.splice(index, 1);
    return index < 0;
  });
}

/** `input.ts:12 method-call`. */
function lineOfSite(site: string): number {
  return Number(/:(\d+) /.exec(site)?.[1]);
}

describe('every bridge is rewritten or listed', () => {
  const bridged = fixtures().filter(
    ({ report }) => report.run === undefined && report.transform === undefined,
  );
  const texts = bridged.flatMap(({ name, input, report }) =>
    [...input].map(([file, text]) => ({ name: `${name}/${file}`, file, text, input, report })),
  );
  const countable = texts.filter(({ file, text }) => scannedBridges(file, text) !== undefined);

  it('in most fixtures another scan can count them', () => {
    expect(countable.length).toBeGreaterThan(texts.length * 0.7);
  });

  it.each(countable)('$name', ({ file, text, input, report }) => {
    const own = rewriteAll(input, report).sites.filter((site) => site.startsWith(`${file}:`));
    expect(unlisted(scannedBridges(file, text) ?? [], own.map(lineOfSite))).toEqual([]);
  });

  it('in generated programs', () => {
    let counted = 0;
    for (const { seed, text } of generatePrograms(500, 700_000)) {
      const scanned = scannedBridges('input.ts', text);
      if (scanned === undefined) continue;
      counted += scanned.length;
      const { sites } = rewriteAll(new Map([['input.ts', text]]));
      expect(unlisted(scanned, sites.map(lineOfSite)), `seed ${seed}`).toEqual([]);
    }
    expect(counted).toBeGreaterThan(300);
  });

  it.each(['storefront', 'helpdesk'])(
    'in the %s application, by the accounts of each outcome too',
    (application) => {
      const folder = path.join(root, 'fixtures/apps', application);
      const list = listFiles([folder], folder);
      const own = list.files.filter((file) => path.join(list.root, file).startsWith(`${folder}${path.sep}`));
      const sources = new Sources(list);
      const evaluator = new Evaluator(sources);
      const matcher = siteMatcher(evaluator);
      const sites = own.flatMap((name) => {
        const file = sources.file(name);
        return file === undefined ? [] : findBridges(file, evaluator).map(matcher);
      });
      const scanned = own.flatMap((name) => {
        const lines = scannedBridges(name, readFileSync(path.join(list.root, name), 'utf8'));
        return lines === undefined ? [] : [[name, lines] as const];
      });
      expect(scanned.some(([, lines]) => lines.length > 0)).toBe(true);
      for (const [name, lines] of scanned) {
        const listed = sites.filter(({ file }) => file === name).map(({ line }) => line);
        expect(unlisted(lines, listed), name).toEqual([]);
      }
      const left = sites.filter(({ outcome }) => outcome.kind === 'leave');
      expect(left.every(({ outcome }) => outcome.kind === 'leave' && /^MA1\d\d$/.test(outcome.code))).toBe(
        true,
      );
    },
  );
});
