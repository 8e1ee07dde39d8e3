import { inspect } from 'node:util';
import { expect, test } from 'vitest';
import { call, statements } from '../support/differential.ts';
import { harness } from '../support/harness.ts';
import { Author, Publisher } from '../support/library.ts';

const { behaviour } = harness();

behaviour(
  'a printed query set shows its SQL, and its rows once it has them; nothing is sent for it',
  function* () {
    const publishers = Publisher.objects.filter({ awards__gte: 0 }).orderBy('id').only('name').slice(0, 1);
    expect(inspect(publishers)).toMatch(/^<QuerySet of Publisher: SELECT .* LIMIT 1>$/);
    expect(inspect({ publishers })).toContain('<QuerySet of Publisher: SELECT');
    expect(statements()).toEqual([]);
    const [first] = yield* call<Publisher[]>(publishers, 'list');
    expect(inspect(publishers)).toContain(`name: '${first?.name}'`);
    expect(statements()).toHaveLength(1);
  },
);

test('a raw query set is shown by its SQL', () => {
  const rows = Publisher.objects.raw('SELECT * FROM publisher WHERE name = %s', ['Acme']);
  expect(inspect(rows)).toBe('<RawQuerySet of Publisher: SELECT * FROM publisher WHERE name = $1>');
});

test('a query set that can match nothing says that nothing is sent', () => {
  expect(inspect(Publisher.objects.none())).toBe('<QuerySet of Publisher: nothing to send>');
});

test('an instance as text is its model and key, unless the model says otherwise', () => {
  class Signed extends Author {
    override toString() {
      return `${this.name}!`;
    }
  }
  expect(`${new Author({ id: 7, name: 'Ann', age: 1 })}`).toBe('Author object (7)');
  expect(`${new Author({ name: 'Ann', age: 1 })}`).toBe('Author object (null)');
  expect(`${new Signed({ name: 'Ann', age: 1 })}`).toBe('Ann!');
});
