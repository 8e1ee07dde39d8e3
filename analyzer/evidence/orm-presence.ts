import { twins } from '@migrate-async/runtime/twins';
import type { Evaluator } from '../sources/index.ts';
import { modelModules } from './orm-types.ts';

/** Words that only code using the ORM is likely to hold; looked for in the bytes of every file. */
const words: readonly string[] = [
  '@migrate-async/',
  'QuerySet',
  'RelatedManager',
  '.atomic(',
  ...Object.entries(twins.functions).flat(),
  ...[twins.queryset, twins.instance, twins.related, twins.transaction, twins.connection, twins.cursor]
    .flatMap((table) => Object.values(table))
    .map((native) => `.${native}(`),
];

/** `Post.objects.get(…)`, `Post.objects\n.filter(…)` and `models['Post'].objects?.get(…)`; `page.objects` alone is anything. */
const manager = /\.objects\s*[?!]?\.|\{[^{}()'"]{0,80}\bobjects\b[^{}()'"]{0,80}\}\s*=/;

/**
 * Whether anything in the project can be of the ORM, read off the text.
 *
 * Following where values come from asks for the callers of functions, which parses many files: on a project of 4,100
 * files without the ORM it was half of all that was parsed.
 * @param wrapping what the wrapper and its helpers go by: where something is bridged, its receiver has to be looked at
 */
export function usesOrm({ sources, references }: Evaluator, wrapping: Iterable<string>): boolean {
  // Of a part of a project nobody knows what the rest holds, and there is little to save.
  if (!sources.isComplete) return true;
  const telling = [...words, ...wrapping];
  return (
    sources.files.some(
      (file) =>
        sources.mentions(file, telling) ||
        (sources.mentions(file, ['objects']) && manager.test(sources.text(file))),
    ) || references.graph.usersOf(modelModules).size > 0
  );
}
