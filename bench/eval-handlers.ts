/**
 * Compares the handlers found in checkouts of public repositories with lists of their true handlers.
 *
 *     npm run eval:handlers -- <checkout>... --truth <truth.json> [--verbose]
 *
 * A checkout is matched to its list by folder name: `owner+name`, or the name alone. Folders that hold such checkouts
 * work too.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { discoverHandlers, type Handler } from '../analyzer/handlers/index.ts';
import { Evaluator, listFiles, Sources } from '../analyzer/sources/index.ts';

interface TrueHandler {
  readonly file: string;
  readonly line: number;
  readonly method: string;
  readonly path: string;
  readonly kind: string;
  readonly handlerFile?: string | null;
  readonly handlerLine?: number | null;
}

interface TrueRepository {
  readonly repo: string;
  readonly handlers: readonly TrueHandler[];
  /** Places that may be reported or left out, such as the listener around a dispatcher. */
  readonly excluded?: readonly { readonly file: string; readonly line: number }[];
}

interface FoundHandler {
  readonly file: string;
  readonly line: number;
  readonly method: string;
  readonly path: string;
  readonly kind: string;
  readonly handlerFile: string | undefined;
  readonly handlerLine: number | undefined;
}

interface Score {
  readonly name: string;
  readonly expected: number;
  readonly found: number;
  readonly matched: number;
  readonly paths: number;
  /** True handlers that name the code behind them, and how many of those were located. */
  readonly located: { readonly expected: number; readonly matched: number };
  readonly milliseconds: number;
  readonly missed: readonly TrueHandler[];
  readonly extra: readonly FoundHandler[];
  readonly wrongPaths: readonly string[];
  readonly wrongPlaces: readonly string[];
  readonly dynamic: number;
}

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { truth: { type: 'string' }, verbose: { type: 'boolean', default: false } },
});

if (values.truth === undefined || positionals.length === 0) {
  console.error('usage: npm run eval:handlers -- <checkout>... --truth <truth.json> [--verbose]');
  process.exit(3);
}

const truth: readonly TrueRepository[] = JSON.parse(readFileSync(values.truth, 'utf8'));
const scores = truth.flatMap((repository) => {
  const checkout = checkoutOf(repository.repo);
  return checkout === undefined ? [] : [scoreOf(repository, checkout)];
});
print(scores);

function checkoutOf(repository: string): string | undefined {
  const [, name = repository] = repository.split('/');
  const names = new Set([repository.replace('/', '+'), repository.replace('/', '-'), name]);
  for (const given of positionals) {
    if (names.has(path.basename(path.resolve(given)))) return given;
    if (!existsSync(given)) continue;
    const inside = readdirSync(given).find((entry) => names.has(entry));
    if (inside !== undefined) return path.join(given, inside);
  }
  return undefined;
}

function scoreOf(repository: TrueRepository, checkout: string): Score {
  const start = performance.now();
  const sources = new Sources(listFiles(['.'], path.resolve(checkout)));
  const discovery = discoverHandlers(sources, new Evaluator(sources));
  const milliseconds = performance.now() - start;
  const prefix = path.relative(sources.root, path.resolve(checkout));
  const within = (file: string) => path.posix.join(prefix, file);
  const found = discovery.handlers.flatMap(flattened);
  const left = new Set(found);
  const missed: TrueHandler[] = [];
  const wrongPaths: string[] = [];
  const wrongPlaces: string[] = [];
  let matched = 0;
  let paths = 0;
  let locatedExpected = 0;
  let locatedMatched = 0;
  for (const expected of repository.handlers) {
    const own = [...left].filter(
      (candidate) =>
        candidate.file === within(expected.file) &&
        candidate.line === expected.line &&
        candidate.method === expected.method,
    );
    const best = own.find((candidate) => candidate.path === expected.path) ?? own[0];
    if (best === undefined) {
      missed.push(expected);
      continue;
    }
    left.delete(best);
    matched++;
    const hasPath = expected.path.startsWith('/') || expected.path === '*';
    if (best.path === expected.path || !hasPath) paths++;
    else wrongPaths.push(`${expected.file}:${expected.line} ${expected.path} read as ${best.path}`);
    if (!expected.handlerFile) continue;
    locatedExpected++;
    const isPlace =
      best.handlerFile === within(expected.handlerFile) && best.handlerLine === expected.handlerLine;
    if (isPlace) locatedMatched++;
    else {
      wrongPlaces.push(
        `${expected.handlerFile}:${expected.handlerLine} read as ${best.handlerFile}:${best.handlerLine}`,
      );
    }
  }
  const excluded = new Set(repository.excluded?.map(({ file, line }) => `${within(file)}:${line}`));
  const extra = [...left].filter(({ file, line }) => !excluded.has(`${file}:${line}`));
  return {
    name: repository.repo,
    expected: repository.handlers.length,
    found: matched + extra.length,
    matched,
    paths,
    located: { expected: locatedExpected, matched: locatedMatched },
    milliseconds,
    missed,
    extra,
    wrongPaths,
    wrongPlaces,
    dynamic: discovery.dynamic.length,
  };
}

/** One entry per full path. */
function flattened(handler: Handler): readonly FoundHandler[] {
  const { location, target } = handler;
  return handler.paths.map((own) => ({
    file: location.file,
    line: location.line,
    method: handler.method,
    path: own,
    kind: handler.kind,
    handlerFile: target?.location.file,
    handlerLine: target?.location.line,
  }));
}

function print(all: readonly Score[]): void {
  const total = all.reduce<Score>((sum, score) => added(sum, score), emptyScore());
  console.log(
    'repository                                recall  precision  exact path  handler place   ms   dynamic',
  );
  for (const score of [...all, total]) console.log(lineOf(score));
  for (const score of values.verbose ? all : []) {
    for (const own of score.missed)
      console.log(`${score.name} missed ${own.method} ${own.path} ${own.file}:${own.line}`);
    for (const own of score.extra)
      console.log(`${score.name} extra ${own.kind} ${own.method} ${own.path} ${own.file}:${own.line}`);
    for (const text of score.wrongPaths) console.log(`${score.name} path ${text}`);
    for (const text of score.wrongPlaces) console.log(`${score.name} place ${text}`);
  }
}

function emptyScore(): Score {
  return {
    name: 'total', expected: 0, found: 0, matched: 0, paths: 0, located: { expected: 0, matched: 0 },
    milliseconds: 0, missed: [], extra: [], wrongPaths: [], wrongPlaces: [], dynamic: 0,
  }; // biome-ignore format: one glance is enough
}

function added(sum: Score, score: Score): Score {
  return {
    ...sum,
    expected: sum.expected + score.expected,
    found: sum.found + score.found,
    matched: sum.matched + score.matched,
    paths: sum.paths + score.paths,
    located: {
      expected: sum.located.expected + score.located.expected,
      matched: sum.located.matched + score.located.matched,
    },
    milliseconds: sum.milliseconds + score.milliseconds,
    dynamic: sum.dynamic + score.dynamic,
  };
}

function lineOf(score: Score): string {
  const share = (part: number, whole: number) => (whole === 0 ? '    -' : (part / whole).toFixed(3));
  return [
    score.name.padEnd(40),
    share(score.matched, score.expected).padStart(7),
    share(score.matched, score.found).padStart(10),
    share(score.paths, score.expected).padStart(11),
    share(score.located.matched, score.located.expected).padStart(14),
    score.milliseconds.toFixed(0).padStart(6),
    String(score.dynamic).padStart(8),
  ].join(' ');
}
