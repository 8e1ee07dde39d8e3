import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { channels, type QueryEvent } from '@migrate-async/runtime';
import { DatabaseError } from '@migrate-async/runtime/orm';
import type { TestEngine } from '../../support/engines/engine.ts';
import { testEngine } from '../../support/engines/index.ts';
import { marker } from './hostile.ts';

/** What quotes and comments look like in the SQL of an engine. */
interface Lexis {
  readonly quotes: string;
  /** Whether a backslash escapes in the literal that `before` leads to. */
  readonly backslash: (before: string) => boolean;
  /** What may not be outside quotes. */
  readonly forbidden: RegExp;
  /** Comments of ours. */
  readonly own?: RegExp;
  /** What a server says of a statement that it does not understand; others than PostgreSQL have no codes for that. */
  readonly misunderstood?: RegExp;
}
const misunderstood =
  /syntax|no such|unrecognized token|near "|Unknown (?:column|table|database)|doesn't exist/i;
const lexes: Readonly<Record<TestEngine['engine'], Lexis>> = {
  postgresql: {
    quotes: `'"`,
    backslash: (before) => /[eE]$/.test(before),
    forbidden: /;|--|\/\*|\$\w*\$|\0/,
  },
  sqlite: { quotes: `'"\``, backslash: () => false, forbidden: /;|--|\/\*|\[|\0/, misunderstood },
  mysql: {
    quotes: `'"\``,
    backslash: () => true,
    forbidden: /;|--|\/\*|#|\0/,
    // Each of MySQL and MariaDB leaves out what is meant for the other.
    own: /\/\*M?!\d{5,6} [A-Za-z_(),=. ]*\*\//g,
    misunderstood,
  },
};
const lexis = () => lexes[testEngine().engine];

/**
 * The SQL without its quoted names, literals and parameters.
 *
 * @throws Error when it ends inside quotes, or holds a comment or a second statement
 */
export function skeleton(sql: string): string {
  const { quotes, backslash, forbidden, own } = lexis();
  let outside = '';
  let at = 0;
  while (at < sql.length) {
    const quote = sql[at] ?? '';
    if (!quotes.includes(quote)) {
      outside += sql[at++];
      continue;
    }
    const escapes = quote === "'" && backslash(outside);
    at++;
    while (sql[at] !== quote || sql[at + 1] === quote) {
      if (at >= sql.length) throw new Error(`quotes are left open: ${sql}`);
      at += sql[at] === quote || (escapes && sql[at] === '\\') ? 2 : 1;
    }
    at++;
    outside += ' quoted ';
  }
  const rest = own === undefined ? outside : outside.replace(own, '');
  if (forbidden.test(rest)) throw new Error(`more than one statement, or a comment: ${sql}`);
  return rest;
}

/** What came of using hostile text: refused before anything was sent, refused by the server, or done. */
export type Outcome =
  | { readonly status: 'refused'; readonly error: Error }
  | { readonly status: 'failed'; readonly error: DatabaseError }
  | { readonly status: 'done'; readonly value: unknown };

/**
 * Does something with hostile text and looks at every statement that is sent.
 *
 * @throws Error when the text became part of the SQL, or was refused by accident
 */
export async function probe(action: () => unknown): Promise<Outcome> {
  const sent: string[] = [];
  const note = (event: unknown) => sent.push((event as QueryEvent).sql);
  subscribe(channels.query, note);
  let outcome: Outcome;
  try {
    outcome = { status: 'done', value: await action() };
  } catch (error) {
    outcome =
      error instanceof DatabaseError && error.sql !== undefined
        ? { status: 'failed', error }
        : { status: 'refused', error: error as Error };
  } finally {
    unsubscribe(channels.query, note);
  }
  for (const sql of sent) {
    if (skeleton(sql).includes(marker)) throw new Error(`hostile text outside quotes: ${sql}`);
  }
  // What `toSql()` shows would be sent.
  const shown =
    outcome.status === 'done' ? (outcome.value as { readonly sql?: unknown } | undefined)?.sql : undefined;
  if (typeof shown === 'string' && skeleton(shown).includes(marker)) {
    throw new Error(`hostile text outside quotes: ${shown}`);
  }
  if (outcome.status === 'failed') requireDataError(outcome.error);
  if (outcome.status === 'refused') requireMeant(outcome.error);
  return outcome;
}

/** The server may refuse values, never the statement: that would mean the text changed it. */
function requireDataError(error: DatabaseError): void {
  const values = /^(22|23|42P18|42804|42883|2201|54000)/;
  const wrong = lexis().misunderstood?.test(error.message) ?? !values.test(error.code ?? '');
  if (wrong) throw new Error(`the server refused the statement: ${error.sql}`, { cause: error });
}

/** An error of ours says what is wrong; one of the engine's says that we never looked. */
function requireMeant(error: Error): void {
  const accident =
    /is not a function|is not iterable|Cannot read|Cannot set|Cannot convert|reading '|undefined \(|is not a constructor|has only a getter/;
  if (!(error instanceof Error) || accident.test(error.message)) {
    throw new Error(`refused by accident: ${String(error)}`, { cause: error });
  }
}
