import type { ServerResponse } from 'node:http';
import { withContext } from '../context.ts';
import { contextGate } from './gate.ts';
import { Lane } from './lane.ts';

/**
 * Express and Connect middleware: each request gets an async context, in which sync ORM calls are refused, and a
 * thread-sensitive context, so that what it bridges shares one thread and one connection. Both end with the response.
 *
 * @example app.use(ormMiddleware());
 */
export function ormMiddleware(): (
  request: unknown,
  response: ServerResponse,
  next: (error?: unknown) => void,
) => void {
  return (_request, response, next) => {
    const lane = new Lane(contextGate);
    // `close` comes after `finish`, and also when the client went away.
    response.once('close', () => {
      lane.end().catch(() => undefined);
    });
    withContext({ mode: 'async', lane, turn: undefined, blocks: undefined }, next);
  };
}
