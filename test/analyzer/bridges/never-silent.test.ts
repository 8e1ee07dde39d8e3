import { readFileSync } from 'node:fs';
import path from 'node:path';
import ts from 'typescript';
import { describe, expect, it } from 'vitest';
import { findBridges } from '../../../analyzer/evidence/bridges.ts';
import { Evaluator, listFiles, Sources } from '../../../analyzer/sources/index.ts';
import { rewriteProject, siteMatcher } from '../../../transforms/index.ts';

const application = path.resolve(import.meta.dirname, '../../../fixtures/apps/storefront');

/** A scan of its own, by another parser and without any resolution: calls of what is imported as the wrapper. */
function scan(file: string): number {
  const source = ts.createSourceFile(file, readFileSync(file, 'utf8'), ts.ScriptTarget.Latest, true);
  const names = new Set<string>();
  const collect = (node: ts.Node): void => {
    if ((ts.isImportSpecifier(node) || ts.isBindingElement(node)) && ts.isIdentifier(node.name)) {
      if ((node.propertyName ?? node.name).getText() === 'syncToAsync') names.add(node.name.text);
    }
    if (ts.isVariableDeclaration(node) && ts.isIdentifier(node.name) && node.initializer) {
      const { initializer } = node;
      const isMember = ts.isPropertyAccessExpression(initializer) && initializer.name.text === 'syncToAsync';
      if (isMember || (ts.isIdentifier(initializer) && names.has(initializer.text)))
        names.add(node.name.text);
    }
    ts.forEachChild(node, collect);
  };
  collect(source);
  let count = 0;
  const visit = (node: ts.Node): void => {
    if (ts.isCallExpression(node)) {
      let callee: ts.Expression = node.expression;
      while (ts.isParenthesizedExpression(callee)) callee = callee.expression;
      if (ts.isIdentifier(callee) && names.has(callee.text)) count++;
      if (ts.isPropertyAccessExpression(callee) && callee.name.text === 'syncToAsync') count++;
    }
    ts.forEachChild(node, visit);
  };
  visit(source);
  return count;
}

describe('no bridge is passed over in silence', () => {
  const list = listFiles([application], application);
  const sources = new Sources(list);
  const evaluator = new Evaluator(sources);
  const inside = sources.files.filter((file) => sources.absolute(file).startsWith(`${application}/src/`));
  const files = inside.flatMap((file) => sources.file(file) ?? []);
  const matcher = siteMatcher(evaluator);

  it.each(files.map((file) => ({ path: file.path, file })))('$path', ({ file }) => {
    const sites = findBridges(file, evaluator).map(matcher);
    expect(sites.length).toBe(scan(sources.absolute(file.path)));
    for (const { outcome } of sites)
      expect(outcome.kind === 'rewrite' ? outcome.form : outcome.code).not.toBe('');
  });

  it('and every site that is to be rewritten is', () => {
    const planned = files.flatMap((file) =>
      findBridges(file, evaluator).flatMap((bridge) => {
        const site = matcher(bridge);
        return site.outcome.kind === 'rewrite' ? [site.id] : [];
      }),
    );
    const { files: results } = rewriteProject(files, evaluator);
    const written = [...results.values()].flatMap((result) => {
      expect(result.status).toBe('changed');
      return result.status === 'changed' ? result.sites : [];
    });
    expect([...written].sort()).toEqual([...planned].sort());
    expect(planned.length).toBeGreaterThan(80);
  });
});
