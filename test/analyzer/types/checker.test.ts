import { describe, expect, it } from 'vitest';
import { findBridges } from '../../../analyzer/evidence/bridges.ts';
import { typeChecker } from '../../../analyzer/evidence/orm-checked.ts';
import { TypeChecker } from '../../../analyzer/types/checker.ts';
import { explainSites } from '../../../transforms/index.ts';
import { projectOf } from '../../transforms/support/fixtures.ts';

const text = `import { syncToAsync } from '@migrate-async/runtime';
import { Post } from './models';
export async function touch(posts: Record<string, Post>, other: Record<string, Date>) {
  await syncToAsync(posts['a']!.save)();
  return [posts['a']!, other['a']!, Post, Post.objects.all(), [...Object.values(posts)]];
}
`;

function open(source: string) {
  const { sources, evaluator } = projectOf(new Map([['input.ts', source]]));
  const file = sources.file('input.ts');
  if (file === undefined) throw new Error('does not parse');
  return { sources, evaluator, file };
}

function returned(file: ReturnType<typeof open>['file']) {
  const found: import('@babel/types').Node[] = [];
  const [, , handler] = file.ast.program.body;
  const declaration = handler?.type === 'ExportNamedDeclaration' ? handler.declaration : undefined;
  const last = declaration?.type === 'FunctionDeclaration' ? declaration.body.body.at(-1) : undefined;
  if (last?.type === 'ReturnStatement' && last.argument?.type === 'ArrayExpression')
    for (const element of last.argument.elements) if (element) found.push(element);
  return found;
}

describe('the type checker', () => {
  it('tells rows, classes, query sets and lists from everything else', () => {
    const { sources, file } = open(text);
    const checker = new TypeChecker(sources);
    const facts = returned(file).map((node) => checker.fact(file, node));
    const row = { kind: 'instance', name: 'Post', declared: { file: 'models.ts' }, isRow: true };
    expect(facts).toMatchObject([
      row,
      undefined,
      { ...row, kind: 'class' },
      { kind: 'queryset', of: row },
      { kind: 'list', of: row },
    ]);
  });

  it('is loaded only when something cannot be proven without it', () => {
    const provable = open(text.replace("posts['a']!.save", 'Post.objects.get'));
    findBridges(provable.file, provable.evaluator);
    expect(typeChecker(provable.evaluator).isLoaded).toBe(false);
    const unproven = open(text);
    findBridges(unproven.file, unproven.evaluator);
    expect(typeChecker(unproven.evaluator).isLoaded).toBe(true);
  });

  it('says why it cannot be asked where TypeScript is not installed', () => {
    const { sources, file } = open(text);
    const checker = new TypeChecker(sources, () => {
      throw new Error('Cannot find module');
    });
    expect(returned(file).map((node) => checker.fact(file, node))).toEqual(Array(5).fill(undefined));
    expect(checker.unavailable).toBe('typescript is not installed');
  });

  it('is named as the proof of what only it could prove', () => {
    const { evaluator, file } = open(text);
    expect(explainSites(file, evaluator, 4)).toMatchObject([
      { proofs: [{ operation: 'save', proof: 'type', model: 'Post' }], after: "posts['a']!.asave()" },
    ]);
  });
});
