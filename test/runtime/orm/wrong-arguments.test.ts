import { Count, DatabaseError, F, Prefetch, Q } from '@migrate-async/runtime/orm';
import { lazyOperations, twins } from '@migrate-async/runtime/twins';
import { describe, expect } from 'vitest';
import { call, leave, stream } from '../support/differential.ts';
import { harness } from '../support/harness.ts';
import { Book, Publisher } from '../support/library.ts';

const { behaviour } = harness();

/** What JavaScript says by itself when it meets a value that nobody looked at. */
const engine =
  /is not a function|is not iterable|Cannot (?:read|set|convert|destructure|use 'in')|is not a constructor|must be an instance|circular structure|Maximum call/;
const wrong: readonly (readonly [string, unknown])[] = [
  ['a number', 3],
  ['null', null],
  ['NaN', Number.NaN],
  ['an empty string', ''],
  ['a name there is not', 'nope'],
  ['true', true],
  ['a list', ['nope']],
  ['an empty list', []],
  ['an object', { nope: 1 }],
  ['an object of nothing', { title: undefined }],
  ['a date', new Date(0)],
  ['a function', () => 1],
  ['a symbol', Symbol('s')],
  ['a class', Book],
  ['an instance', new Publisher({ name: 'x' } as never)],
  ['a model without an object', Object.create(null)],
  ['an aggregate', Count('nope' as 'id')],
  ['a reference', F('nope')],
  ['a condition', Q({ nope: 1 })],
  ['a prefetch', Prefetch('nope')],
];
/** Writes are looked at elsewhere. */
const writes = ['create', 'getOrCreate', 'updateOrCreate', 'bulkCreate', 'bulkUpdate', 'update', 'delete'];
const reads = Object.keys(twins.queryset).filter((name) => !writes.includes(name));

/** An operation, or a step of a chain and then its rows. */
function* performed(start: object, name: string, given: readonly unknown[]) {
  if (name === 'iterator') return yield* stream(start, given[0] as never, () => leave);
  if (reads.includes(name)) return yield* call(start, name, ...given);
  const chained = (start as Record<string, (...values: readonly unknown[]) => object>)[name]?.(...given);
  return yield* call(chained as object, 'list');
}

describe('a wrong argument is refused by a message of this library, before the server sees it', () => {
  for (const name of [...lazyOperations, ...reads]) {
    behaviour(`155 of ${name}()`, function* () {
      const complaints: string[] = [];
      for (const [what, value] of wrong) {
        for (const given of [
          [value],
          ['title', value],
          [{ title: 'x' }, value],
          [value, value, value, value],
        ]) {
          const attempt = `${name}(${given.length}: ${what})`;
          try {
            yield* performed(Book.objects.all(), name, given);
          } catch (error) {
            if (!(error instanceof Error)) throw error;
            if (engine.test(error.message)) complaints.push(`${attempt} ${error.name}: ${error.message}`);
            // The SQL of a raw query is the application's own.
            if (name !== 'raw' && error instanceof DatabaseError && error.code !== undefined) {
              complaints.push(`${attempt} reached the server: ${error.message}`);
            }
          }
        }
      }
      expect(complaints).toEqual([]);
    });
  }
});
