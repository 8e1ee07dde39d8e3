import { describe, expect, it } from 'vitest';
import { parseSource } from '../../analyzer/sources/index.ts';
import cases from '../../fixtures/transforms/cases.json' with { type: 'json' };
import { type Files, fixtures, rewriteAll } from './support/fixtures.ts';
import { layouts } from './support/layouts.ts';
import { typeErrors } from './support/types.ts';

const every = fixtures();
// Whole runs are what runs.test.ts is about.
const all = every.filter(({ report }) => report.run === undefined);

describe.each(layouts)('fixtures $name', ({ apply }) => {
  it.each(all)('$name', ({ input, expected, report }) => {
    const before = mapped(input, apply);
    const after = mapped(expected, apply);

    const result = rewriteAll(before, report);

    expect(result.failures).toEqual([]);
    expect(Object.fromEntries(result.files)).toEqual(Object.fromEntries(after));
    expect(result.sites).toEqual(report.sites);
    expect(result.hints).toEqual(report.hints ?? []);
    for (const [name, text] of before) {
      // A function that gets a twin beside it brings its comments along; nothing else may add or lose one.
      const own = commentsOf(name, text);
      const copies = copiedComments(own, commentsOf(name, after.get(name) ?? ''));
      expect(copies.every((comment) => own.includes(comment))).toBe(true);
    }
    const again = rewriteAll(after, report);
    expect(again.failures).toEqual([]);
    expect(Object.fromEntries(again.files)).toEqual(Object.fromEntries(after));
  });
});

describe('types of fixtures', () => {
  const typed = all.filter(({ report }) => report.untyped === undefined);

  it('hold before the rewrite', () => {
    expect(typeErrors(typed.map(({ name, input }) => ({ name, files: input })))).toEqual([]);
  });

  it('hold after the rewrite', () => {
    expect(typeErrors(typed.map(({ name, expected }) => ({ name, files: expected })))).toEqual([]);
  });
});

describe('the collection of fixtures', () => {
  const claimed = new Set(every.flatMap(({ report }) => report.cases ?? []));

  it.each(Object.entries(cases))('shows case %s: %s', (number) => {
    expect(claimed).toContain(number);
  });

  it('claims only cases that there are', () => {
    expect([...claimed].filter((number) => !(number in cases))).toEqual([]);
  });

  it('has more cases that stay as they are than cases that are rewritten', () => {
    const untouched = every.filter(({ input, expected }) =>
      [...input].every(([name, text]) => expected.get(name) === text),
    );
    expect(untouched.length).toBeGreaterThan(every.length / 2);
  });
});

function mapped(files: Files, apply: (text: string) => string): Files {
  return new Map([...files].map(([name, text]) => [name, apply(text)]));
}

function copiedComments(before: readonly string[], after: readonly string[]): readonly string[] {
  const left = [...after];
  for (const comment of before) {
    expect(left).toContain(comment);
    left.splice(left.indexOf(comment), 1);
  }
  return left;
}

function commentsOf(name: string, text: string): readonly string[] {
  const result = parseSource(name, text);
  if (result.status === 'failed') throw new Error(`${name} does not parse: ${result.failure.message}`);
  return (result.ast.comments ?? []).map(({ value }) => value.trim()).sort();
}
