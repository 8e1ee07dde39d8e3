import type { Reporter, TestCase, TestModule } from 'vitest/node';
import { notApplicable } from '../runtime/support/not-applicable.ts';
import { catalogue } from './catalogue.ts';

declare module 'vitest' {
  interface TaskMeta {
    /** Paths a behaviour ran on: sync, native, bridged. */
    paths?: readonly string[];
  }
}

/** Numbers of the catalogue that a test is named by: `103 nulls come last`, `245, 246 conflict options`. */
export function catalogueNumbers(name: string): number[] {
  const leading = /^((?:\d+(?:, | and )?)+) /.exec(name);
  return leading === null ? [] : [...(leading[1] ?? '').matchAll(/\d+/g)].map(([digits]) => Number(digits));
}

/** Prints, behind everything else, how many behaviours ran, on which paths, and how much of the catalogue they are. */
export default class BehavioursReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[]): void {
    const passed = modules.flatMap((module) => [...module.children.allTests('passed')]);
    const differential = passed.filter((test) => pathsOf(test) !== undefined);
    if (differential.length === 0) return;
    const runs = differential.reduce((sum, test) => sum + (pathsOf(test)?.length ?? 0), 0);
    const paths = new Set(differential.flatMap((test) => [...(pathsOf(test) ?? [])]));
    const numbers = new Set(passed.flatMap((test) => catalogueNumbers(test.name)));
    const covered = catalogue.filter((number) => numbers.has(number));
    process.stdout.write(
      `\n Behaviours  ${differential.length} on the ${[...paths].join(', ')} paths, compared (${runs} runs)\n` +
        `  Catalogue  ${covered.length} of ${catalogue.length} items have a test that passed\n`,
    );
    if (process.env.MISSING_BEHAVIOURS === undefined) return;
    const missing = catalogue.filter((number) => !numbers.has(number) && !notApplicable.has(number));
    process.stdout.write(`    Missing  ${missing.join(', ')}\n`);
    for (const [number, reason] of notApplicable) {
      process.stdout.write(`             ${number} does not apply: ${reason}\n`);
    }
  }
}
function pathsOf(test: TestCase): readonly string[] | undefined {
  return test.meta().paths;
}
