/** What a statement does, and to which table: the low-cardinality part of it. */
export interface StatementShape {
  /** `SELECT`, `INSERT`, `BEGIN` … */
  readonly operation: string;
  /** The table it is about; undefined where there is none, or more than one can be meant. */
  readonly collection: string | undefined;
  /** Both, as a name for a span. */
  readonly summary: string;
}

const known = new Map<string, StatementShape>();
const limit = 1_000;

/** Describes a statement; remembered, because the same texts are sent again and again. */
export function statementShape(sql: string): StatementShape {
  let shape = known.get(sql);
  if (shape === undefined) {
    shape = describe(sql);
    if (known.size >= limit) known.clear();
    known.set(sql, shape);
  }
  return shape;
}

/** Whether a statement leaves nothing behind: no rows, no locks. When in doubt it does. */
export function isPlainRead(sql: string): boolean {
  // EXPLAIN ANALYZE does what it explains.
  if (/^\s*EXPLAIN\b/i.test(sql) && /\b(?:INSERT|UPDATE|DELETE|MERGE|EXECUTE|CREATE|REFRESH)\b/i.test(sql))
    return false;
  return (
    /^\s*(?:SELECT|DECLARE|FETCH|CLOSE|EXPLAIN)\b/i.test(sql) && !/\b(?:FOR|INTO)\b/i.test(outermost(sql))
  );
}
function outermost(sql: string): string {
  const { operation } = statementShape(sql);
  // What a cursor is declared for comes behind a FOR of its own.
  return outermostWords(operation === 'DECLARE' ? sql.replace(/\bFOR\b/i, '') : sql).join(' ');
}

function describe(sql: string): StatementShape {
  const words = outermostWords(sql);
  const operation = words[0]?.toUpperCase() ?? '';
  const collection = tableOf(words);
  return {
    operation,
    collection,
    summary: collection === undefined ? operation : `${operation} ${collection}`,
  };
}

/** Words after which a table is named. */
const beforeTable = new Set(['FROM', 'INTO', 'UPDATE', 'TABLE']);
/** After FROM these name a cursor, not a table. */
const cursorStatements = new Set(['FETCH', 'CLOSE', 'MOVE']);

function tableOf(words: readonly string[]): string | undefined {
  if (cursorStatements.has(words[0]?.toUpperCase() ?? '')) return undefined;
  for (const [at, word] of words.entries()) {
    // `FOR UPDATE` locks; what it locks was named before.
    if (!beforeTable.has(word.toUpperCase()) || words[at - 1]?.toUpperCase() === 'FOR') continue;
    const next = words[at + 1];
    if (next === undefined || next === '(') return undefined;
    return next.replace(/^["`]|["`]$/g, '').replace(/["`]\.["`]/g, '.');
  }
  return undefined;
}

/** The words outside parentheses and text; a parenthesis stands for all that is in it. */
function outermostWords(sql: string): string[] {
  const words: string[] = [];
  let depth = 0;
  for (const [token] of sql.matchAll(
    /'(?:[^']|'')*'|(?:"(?:[^"]|"")*"|`[^`]*`|[\p{L}_][\p{L}\p{N}_$]*)(?:\.(?:"(?:[^"]|"")*"|`[^`]*`|[\p{L}_][\p{L}\p{N}_$]*))*|[()]/gu,
  )) {
    if (token === '(') {
      if (depth === 0) words.push(token);
      depth += 1;
    } else if (token === ')') depth -= 1;
    else if (depth === 0 && !token.startsWith("'")) words.push(token);
  }
  return words;
}
