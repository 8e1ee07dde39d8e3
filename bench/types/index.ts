import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Bench, type Figure, median } from '../figures.ts';
import { installPeers } from '../peers.ts';
import { type Check, check, installDeclarations, writeProgram } from './check.ts';
import { completionTimes } from './completion.ts';
import { drizzleProgram, kyselyProgram } from './peer-programs.ts';
import { program } from './program.ts';

const runs = 3;
const ours = 'migrate-async';

/** What the types cost: the same 30 models and 300 queries, checked by every supported compiler. */
export const types: Bench = {
  title: '30 models (9 columns, 3 relations), 300 filters of three lookups up to two hops',
  async run() {
    const peers = installPeers({
      'typescript-5.9': 'npm:typescript@~5.9.3',
      'typescript-7': 'npm:typescript@~7.0.2',
      '@types/node': '^20.19.43',
      'drizzle-orm': '~0.45.4',
      kysely: '~0.29.9',
    });
    installDeclarations(peers);
    const programs = {
      [ours]: writeProgram(peers, 'types-ours', program()),
      'drizzle 0.45': writeProgram(peers, 'types-drizzle', drizzleProgram()),
      'kysely 0.29': writeProgram(peers, 'types-kysely', kyselyProgram()),
    };
    const compilers = {
      '5.9': path.join(peers, 'node_modules/typescript-5.9'),
      '6.0': fileURLToPath(new URL('../../node_modules/typescript', import.meta.url)),
      '7.0': path.join(peers, 'node_modules/typescript-7'),
    };
    const figures: Figure[] = [];
    for (const [version, compiler] of Object.entries(compilers)) {
      figures.push(...checks(version, compiler, programs));
    }
    const measured = await completionTimes(compilers['5.9'], programs[ours] as string, 15);
    figures.push({
      what: 'TypeScript 5.9, completion in filter({ … })',
      contestant: ours,
      value: median(measured),
      unit: 'ms',
      reach: { atMost: 100 },
    });
    return figures;
  },
};

/** Interleaved runs of one compiler over all programs. */
function checks(version: string, compiler: string, programs: Readonly<Record<string, string>>): Figure[] {
  const measured = new Map<string, Check[]>(Object.keys(programs).map((name) => [name, []]));
  for (let run = 0; run < runs; run++) {
    for (const [name, folder] of Object.entries(programs)) measured.get(name)?.push(check(compiler, folder));
  }
  return [...measured].flatMap(([contestant, all]): Figure[] => {
    const bounded = contestant === ours && version === '5.9';
    return [
      {
        what: `TypeScript ${version}, check time`,
        contestant,
        value: median(all.map(({ seconds }) => seconds)),
        unit: 's',
        ...(bounded ? { reach: { atMost: 1.5 } } : {}),
      },
      {
        what: `TypeScript ${version}, instantiations`,
        contestant,
        value: median(all.map(({ instantiations }) => instantiations)),
        unit: '',
        ...(bounded ? { reach: { atMost: 250_000 } } : {}),
      },
      {
        what: `TypeScript ${version}, memory`,
        contestant,
        value: median(all.map(({ memory }) => memory)),
        unit: 'MB',
      },
    ];
  });
}
