import { describe, expect, it } from 'vitest';
import { parseSource } from '../../analyzer/sources/index.ts';
import { rewriteAll } from './support/fixtures.ts';
import { generatePrograms, type Program } from './support/generator.ts';
import { typeErrors } from './support/types.ts';

const count = Number(process.env.GENERATED_PROGRAMS ?? 5000);
const typed = Number(process.env.TYPED_PROGRAMS ?? 1000);
/** Programs are numbered by their seeds; another run of others starts elsewhere. */
const first = Number(process.env.GENERATED_SEED ?? 1);

describe('generated programs', () => {
  it(`are rewritten, parse, keep their comments and are then left alone (${count} from seed ${first})`, {
    timeout: 600_000,
  }, () => {
    const problems: string[] = [];
    for (const program of generatePrograms(count, first)) problems.push(...problemsOf(program));
    expect(problems.slice(0, 10)).toEqual([]);
  });

  it(`type-check where they did before (${typed} from seed ${first})`, { timeout: 600_000 }, () => {
    const programs = [...generatePrograms(typed, first)];
    const named = (program: Program, text: string) => ({
      name: `generated-${program.seed}`,
      files: new Map([['input.ts', text]]),
    });
    const before = typeErrors(programs.map((program) => named(program, program.text)));
    const after = typeErrors(programs.map((program) => named(program, rewritten(program.text))));
    const broken = new Set(before.map(folderOf));
    expect(after.filter((error) => !broken.has(folderOf(error)))).toEqual([]);
    expect(broken.size).toBeLessThan(typed / 2);
  });
});

function folderOf(error: string): string {
  return error.split('/', 1)[0] ?? '';
}

function rewritten(text: string): string {
  return rewriteAll(new Map([['input.ts', text]])).files.get('input.ts') ?? text;
}

function problemsOf({ seed, choices, text }: Program): readonly string[] {
  const problem = (what: string) => [`${seed} (${choices}): ${what}`];
  const once = rewriteAll(new Map([['input.ts', text]]));
  if (once.failures.length > 0) return problem(once.failures.join());
  const after = once.files.get('input.ts') ?? text;
  const left = once.sites.filter((site) => /MA\d/.test(site) && !site.endsWith('MA121'));
  if (left.length > 0) return problem(`left ${left.join()}`);
  const parsed = parseSource('input.ts', after);
  if (parsed.status === 'failed') return problem(parsed.failure.message);
  const used = after.replace(/^.*'@migrate-async\/runtime';$/gm, '');
  if (/syncToAsync|s2a\b/.test(used)) return problem('a bridge is left');
  if (comments(text) !== comments(after)) return problem('comments differ');
  const second = rewriteAll(new Map([['input.ts', after]]));
  return second.files.get('input.ts') === after && second.failures.length === 0
    ? []
    : problem('is not a fixed point');
}

function comments(text: string): string {
  const result = parseSource('input.ts', text);
  const all = result.status === 'parsed' ? (result.ast.comments ?? []) : [];
  return all
    .map(({ value }) => value.trim())
    .sort()
    .join('\n');
}
