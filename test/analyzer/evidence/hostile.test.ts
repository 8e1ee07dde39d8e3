import { describe, expect, it } from 'vitest';
import { application, endpointOf } from './project.ts';

const many = 600;
const fetched = 'await fetch(request.query.url)';

describe('a handler may', () => {
  it.each([
    ['ask one thing after the other', `if (request.query.x) ${fetched}; else\n`.repeat(many)],
    ['leave early again and again', `if (request.query.x) { return ${fetched}; }\n`.repeat(many)],
    ['choose without end', `const value = ${`request.query.x ? ${fetched} :\n`.repeat(many)} 1;`],
  ])('%s: what is too deep is said to be unknown', (_, text) => {
    const { unknownCalls } = endpointOf(application(`${text} response.end();`));
    expect(unknownCalls.map((call) => call.text)).toContain('conditions nested too deeply');
  });

  it('ask a hundred things one after the other, all of which are read', () => {
    const text = `if (request.query.x) ${fetched}; else\n`.repeat(100);
    const { unknownCalls, externals } = endpointOf(application(`${text} response.end();`));
    expect([unknownCalls.length, externals.length]).toEqual([0, 100]);
  });
});
