import {
  Count,
  Exists,
  F,
  FieldError,
  FilteredRelation,
  OuterRef,
  Q,
  Sum,
  ValueError,
} from '@migrate-async/runtime/orm';
import { expect } from 'vitest';
import { call, lastStatement, statements } from '../support/differential.ts';
import { harness, keys } from '../support/harness.ts';
import { Book, Publisher } from '../support/library.ts';

const { behaviour } = harness();
const longer = (pages: number) =>
  Publisher.objects.annotate({
    long: FilteredRelation('books', { condition: Q({ books__pages__gt: pages }) }),
  });

behaviour('a filtered relation keeps rows without a match, and is looked up by its name', function* () {
  const rows = longer(250).orderBy('id', 'long__pages').values('id', 'long__title', 'long');
  expect(yield* call(rows, 'list')).toEqual([
    { id: 1, long__title: 'alphabet', long: 5 },
    { id: 2, long__title: 'Gamma', long: 3 },
    { id: 2, long__title: 'Delta_50%', long: 4 },
    { id: 3, long__title: null, long: null },
  ]);
  expect(lastStatement()).toContain(
    'LEFT OUTER JOIN "book" "long" ON ("publisher"."id" = "long"."publisher_id" AND "long"."pages" > $1)',
  );
  expect(keys(yield* call(longer(250).filter({ long__title__startsWith: 'a' }), 'list'))).toEqual([1]);
  expect(keys(yield* call(longer(250).filter({ long__isNull: true }), 'list'))).toEqual([3]);
  expect(keys(yield* call(longer(250).exclude({ long__isNull: false }), 'list'))).toEqual([3]);
  expect(keys(yield* call(longer(250).filter({ long__id: F('id') }), 'list'))).toEqual([]);
  expect(keys(yield* call(longer(250).orderBy('-long__pages', 'id'), 'list'))).toEqual([3, 1, 2, 2]);
});
behaviour('a filtered relation is counted, summed and tested', function* () {
  const counted = longer(250).annotate({ n: Count('long') });
  expect(yield* call(counted.orderBy('id').valuesList('id', 'n'), 'list')).toEqual([
    [1, 1],
    [2, 2],
    [3, 0],
  ]);
  expect(yield* call(longer(250), 'aggregate', { pages: Sum('long__pages') })).toEqual({ pages: 1200 });
  expect(yield* call(longer(250).filter({ long__pages: 300 }), 'count')).toBe(1);
  expect(yield* call(longer(250).filter({ long__pages: 100 }), 'exists')).toBe(false);
  expect(yield* call(longer(250).filter({ long__pages: 300 }), 'update', { awards: 9 })).toBe(1);
  const twice = longer(250).filter({ long__isNull: false }).filter({ long__isNull: false }).distinct();
  expect(keys(yield* call(twice.orderBy('id'), 'list'))).toEqual([1, 2]);
});
behaviour('a filtered relation goes over several joins, and over another filtered relation', function* () {
  const old = Book.objects.annotate({
    old: FilteredRelation('authors', { condition: Q({ authors__age__gte: 50 }).or({ pages: 100 }) }),
  });
  expect(yield* call(old.orderBy('id', 'old__name').valuesList('id', 'old__name'), 'list')).toEqual([
    [1, 'Ann'],
    [2, null],
    [2, null],
    [3, 'Cyd'],
    [3, null],
    [4, 'Cyd'],
    [5, null],
  ]);
  const praised = longer(250).annotate({
    praise: FilteredRelation('long__reviews', { condition: Q({ long__reviews__stars__gte: 3 }) }),
  });
  expect(keys(yield* call(praised.filter({ praise__stars: 3 }), 'list'))).toEqual([2]);
  const nested = Publisher.objects.annotate({
    praise: FilteredRelation('books__reviews', { condition: Q({ books__reviews__stars__gte: 4 }) }),
  });
  expect(yield* call(nested.filter({ praise__isNull: false }), 'count')).toBe(2);
});
behaviour('a filtered relation may be negated, empty, to one row, or inside a subquery', function* () {
  const condition = Q({ books__rating__gt: 3.5 }).not();
  const low = Publisher.objects.annotate({ low: FilteredRelation('books', { condition }) });
  expect(yield* call(low.orderBy('id').valuesList('low__title', { flat: true }), 'list')).toEqual([
    'Beta',
    'Gamma',
    null,
  ]);
  const none = Publisher.objects.annotate({
    none: FilteredRelation('books', { condition: Q({ books__pages__in: [] }) }),
  });
  expect(yield* call(none.filter({ none__isNull: true }), 'count')).toBe(3);
  const renowned = Book.objects.annotate({
    renowned: FilteredRelation('publisher', { condition: Q({ publisher__awards__gt: 2 }) }),
  });
  // Every book has a publisher: the join is the one that its relation has.
  const names = renowned.orderBy('id').valuesList('id', 'renowned__name');
  expect(yield* call(names, 'list')).toEqual([
    [1, 'Acme'],
    [2, 'Acme'],
    [5, 'Acme'],
  ]);
  const nobody = Book.objects.annotate({ none: FilteredRelation('publisher', { condition: Q({ pk: -1 }) }) });
  expect(yield* call(nobody.selectRelated('none'), 'list')).toEqual([]);
  const elder = Book.objects.annotate({
    elder: FilteredRelation('contact', { condition: Q({ contact__age__gt: 40 }) }),
  });
  const found = elder.orderBy('id').valuesList('elder__name', { flat: true });
  expect(yield* call(found, 'list')).toEqual([null, null, null, 'Cyd', null]);
  const inside = Publisher.objects.filter({ pk__in: longer(250).filter({ long__pages: 300 }) });
  expect(keys(yield* call(inside, 'list'))).toEqual([2]);
  const same = Publisher.objects.annotate({
    own: FilteredRelation('books', { condition: Q({ books__publisher: OuterRef('pk') }) }),
  });
  const outer = Publisher.objects.filter(Exists(same.filter({ own__pages__gt: 450 })));
  expect(keys(yield* call(outer, 'list'))).toEqual([1]);
});
behaviour('selectRelated through a filtered relation makes its row an attribute', function* () {
  const rows = longer(250).filter({ long__isNull: false }).selectRelated('long', 'long__contact');
  const found = yield* call<(Publisher & { long: Book })[]>(rows.orderBy('id', 'long__id'), 'list');
  expect(found.map((row) => [row.id, row.long.title])).toEqual([
    [1, 'alphabet'],
    [2, 'Gamma'],
    [2, 'Delta_50%'],
  ]);
  expect(found[2]?.long.contact?.name).toBe('Cyd');
  expect(found[0]?.long.publisher).toBe(found[0]);
  expect(statements().length).toBe(1);
  expect(() => longer(1).selectRelated('longest' as 'long')).toThrow(
    new FieldError("Invalid field name(s) given in selectRelated: 'longest'. Choices are: long"),
  );
});
behaviour('a filtered relation is checked when it is added', function* () {
  const adding = (relation: string, condition: object = Q({})) => {
    return () =>
      Publisher.objects.annotate({
        x: FilteredRelation(relation as 'books', { condition: condition as never }),
      });
  };
  expect(adding('')).toThrow(new ValueError('relationName cannot be empty.'));
  expect(adding('books', { pages: 1 })).toThrow(new ValueError('condition argument must be a Q() instance.'));
  expect(adding('books__title__icontains')).toThrow(
    new ValueError("FilteredRelation's relationName cannot contain lookups (got 'books__title__icontains')."),
  );
  expect(adding('books', Q({ books__reviews__stars: 1 }))).toThrow(
    new ValueError(
      "FilteredRelation's condition doesn't support nested relations deeper than the relationName (got 'books__reviews__stars' for 'books').",
    ),
  );
  expect(() =>
    Book.objects.annotate({
      x: FilteredRelation('authors', { condition: Q({ publisher__name: 'x' }) }),
    }),
  ).toThrow(
    new ValueError(
      "FilteredRelation's condition doesn't support relations outside the 'authors' (got 'publisher__name').",
    ),
  );
  expect(() => Publisher.objects.annotate({ books: FilteredRelation('books') })).toThrow(
    new ValueError("The annotation 'books' conflicts with a field on the model."),
  );
  expect(() => longer(1).filter({ lang__pages: 1 } as object)).toThrow(
    new FieldError("Cannot resolve keyword 'lang' into field. Choices are: awards, books, id, long, name"),
  );
  expect(yield* call(longer(1), 'count')).toBe(3);
});
behaviour(
  'filtered relations that differ in a value share their SQL, in the condition they do not',
  function* () {
    yield* call(longer(250).filter({ long__isNull: false }), 'list');
    const sql = lastStatement();
    expect(yield* call(longer(450).filter({ long__isNull: false }), 'list')).toHaveLength(1);
    expect(lastStatement()).toBe(sql);
    const shorter = Publisher.objects.annotate({
      long: FilteredRelation('books', { condition: Q({ books__pages__lt: 450 }) }),
    });
    expect(yield* call(shorter.filter({ long__isNull: false }), 'list')).toHaveLength(4);
    expect(lastStatement()).not.toBe(sql);
  },
);
