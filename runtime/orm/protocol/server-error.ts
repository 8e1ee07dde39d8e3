/** What the server said when it refused (PostgreSQL manual, 54.8 "Error and Notice Message Fields"). */
export class ServerError extends Error {
  severity: string | undefined;
  code: string | undefined;
  detail: string | undefined;
  hint: string | undefined;
  position: string | undefined;
  where: string | undefined;
  schema: string | undefined;
  table: string | undefined;
  column: string | undefined;
  dataType: string | undefined;
  constraint: string | undefined;
  /** Function of the server that raised it. */
  routine: string | undefined;
}

const fields: Readonly<Record<string, keyof ServerError>> = {
  V: 'severity',
  C: 'code',
  D: 'detail',
  H: 'hint',
  P: 'position',
  W: 'where',
  s: 'schema',
  t: 'table',
  c: 'column',
  d: 'dataType',
  n: 'constraint',
  R: 'routine',
};

/** Reads the body of an ErrorResponse. */
export function serverError(bytes: Buffer, start: number, end: number): ServerError {
  const error = new ServerError('');
  let at = start;
  while (at < end && bytes[at] !== 0) {
    const type = String.fromCharCode(bytes[at] as number);
    const stop = bytes.indexOf(0, at + 1);
    const text = bytes.toString('utf8', at + 1, stop);
    const field = fields[type];
    if (type === 'M') error.message = text;
    else if (field !== undefined) (error as unknown as Record<string, unknown>)[field] = text;
    at = stop + 1;
  }
  return error;
}
