import {
  Count,
  fields,
  GenericPrefetch,
  genericForeignKey,
  genericRelation,
  ImproperlyConfigured,
  Manager,
  model,
  Prefetch,
  ValueError,
} from '@migrate-async/runtime/orm';
import { expect } from 'vitest';
import { call, lastStatement, readRelation, statements, thrownBy } from '../support/differential.ts';
import { harness, keys } from '../support/harness.ts';

class Note extends model('note', {
  text: fields.text(),
  targetType: fields.char(30).null(),
  targetId: fields.integer().null(),
  target: genericForeignKey('targetType', 'targetId'),
}) {
  static objects = new Manager(this);
}
/** The key as text, so that it takes keys of any type. */
class Mark extends model('mark', {
  contentType: fields.char(30),
  objectId: fields.text(),
  on: genericForeignKey(),
}) {
  static objects = new Manager(this);
}
class Song extends model('song', {
  title: fields.text(),
  notes: genericRelation<Note>(() => Note),
  marks: genericRelation<Mark>(() => Mark),
}) {
  static objects = new Manager(this);
}
class Film extends model('film', {
  code: fields.uuid().primaryKey(),
  title: fields.text(),
  marks: genericRelation<Mark>(() => Mark),
}) {
  static objects = new Manager(this);
}
class Plain extends model('plain', { title: fields.text() }) {
  static objects = new Manager(this);
}

const film = '00000000-0000-4000-8000-000000000001';
const { behaviour } = harness(
  [Note, Mark, Song, Film, Plain],
  `insert into song (title) values ('one'), ('two'), ('three');
   insert into plain (title) values ('p1');
   insert into film (code, title) values ('${film}', 'f1');
   insert into note (text, target_type, target_id) values ('n1', 'song', 1), ('n2', 'song', 1), ('n3', 'plain', 1), ('n4', null, null), ('n5', 'song', 99), ('n6', 'song', 2);
   insert into mark (content_type, object_id) values ('film', '${film}'), ('song', '2');`,
);

behaviour('a generic foreign key reads a row of the model it names', function* () {
  const notes = yield* call<Note[]>(Note.objects.orderBy('id'), 'list');
  const targets: unknown[] = [];
  for (const note of notes) targets.push(yield* readRelation(note, 'target'));
  expect(targets.map((target) => (target as { title?: string } | null)?.title ?? null)).toEqual([
    'one',
    'one',
    'p1',
    null,
    null,
    'two',
  ]);
  expect(targets[2]).toBeInstanceOf(Plain);
  const sent = statements().length;
  expect(yield* readRelation(notes[0] as Note, 'target')).toBe(targets[0]);
  expect(statements()).toHaveLength(sent);
});
behaviour('assigning an instance sets both columns; null clears them', function* () {
  const plain = yield* call<Plain>(Plain.objects, 'get');
  const note = yield* call<Note>(Note.objects, 'create', { text: 'x', target: plain });
  expect([note.targetType, note.targetId, note.target]).toEqual(['plain', plain.id, plain]);
  note.target = null;
  expect([note.targetType, note.targetId]).toEqual([null, null]);
  const song = new Song({ title: 'later' });
  note.target = song;
  const early = yield* thrownBy(() => call(note, 'save'));
  expect(early).toBeInstanceOf(ValueError);
  expect(early.message).toBe(
    "save() prohibited to prevent data loss due to unsaved related object 'target'.",
  );
  yield* call(song, 'save');
  yield* call(note, 'save');
  expect(note.targetId).toBe(song.id);
  expect(() => Object.assign(note, { target: 'song' })).toThrow(ValueError);
});
behaviour('a row of a model nobody loaded is an error that says so', function* () {
  const note = new Note({ text: 'x', targetType: 'nobody', targetId: 1 });
  const error = yield* thrownBy(() => readRelation(note, 'target'));
  expect(error).toBeInstanceOf(ImproperlyConfigured);
  expect(error.message).toContain(
    "Note.target points at a row of 'nobody', and no model of that name is loaded.",
  );
});
behaviour('a generic relation is a manager of the rows that point here', function* () {
  const song = yield* call<Song>(Song.objects, 'get', { pk: 1 });
  expect(keys(yield* call<Note[]>(song.notes.orderBy('id'), 'list'))).toEqual([1, 2]);
  const made = yield* call<Note>(song.notes, 'create', { text: 'n7' });
  expect([made.targetType, made.targetId]).toEqual(['song', 1]);
  const [again, created] = yield* call<[Note, boolean]>(song.notes, 'getOrCreate', { text: 'n7' });
  expect([again.id, created]).toEqual([made.id, false]);
  const [changed] = yield* call<[Note, boolean]>(
    song.notes,
    'updateOrCreate',
    { text: 'n7' },
    { defaults: { text: 'n8' } },
  );
  expect(changed.text).toBe('n8');
  const loose = yield* call<Note>(Note.objects, 'get', { text: 'n4' });
  yield* call(song.notes, 'add', loose);
  expect(loose.target).toBe(song);
  expect(lastStatement()).toContain('UPDATE');
  expect(yield* call(song.notes, 'count')).toBe(4);
  const unsaved = yield* thrownBy(() => call(song.notes, 'add', new Note({ text: 'u' })));
  expect(unsaved.message).toContain("instance isn't saved. Use bulk=False or save the object first.");
  yield* call(song.notes, 'remove', loose);
  yield* call(song.notes, 'set', [made]);
  expect(keys(yield* call<Note[]>(song.notes.all(), 'list'))).toEqual([made.id]);
  expect(yield* call(Note.objects.filter({ pk__in: [1, 2, 4] }), 'count')).toBe(0);
  yield* call(song.notes, 'clear');
  expect(yield* call(song.notes, 'exists')).toBe(false);
  expect(yield* call(Note.objects, 'count')).toBe(3);
});
behaviour('rows of a generic relation know what they were asked for through', function* () {
  const song = yield* call<Song>(Song.objects, 'get', { pk: 1 });
  const [note] = yield* call<Note[]>(song.notes.all(), 'list');
  const sent = statements().length;
  expect(note?.target).toBe(song);
  expect(statements()).toHaveLength(sent);
});
behaviour('conditions and aggregates go through a generic relation', function* () {
  expect(keys(yield* call<Song[]>(Song.objects.filter({ notes__text: 'n2' }), 'list'))).toEqual([1]);
  expect(
    keys(yield* call<Song[]>(Song.objects.exclude({ notes__text: 'n2' }).orderBy('id'), 'list')),
  ).toEqual([2, 3]);
  expect(
    yield* call(
      Song.objects
        .annotate({ n: Count('notes') })
        .orderBy('id')
        .valuesList('id', 'n'),
      'list',
    ),
  ).toEqual([
    [1, 2],
    [2, 1],
    [3, 0],
  ]);
  expect(keys(yield* call<Song[]>(Song.objects.filter({ marks__isNull: false }), 'list'))).toEqual([2]);
  expect(keys(yield* call<Film[]>(Film.objects.filter({ marks__id__gt: 0 }), 'list'))).toEqual([film]);
});
behaviour('keys of any type fit a text column', function* () {
  const marks = yield* call<Mark[]>(Mark.objects.orderBy('id'), 'list');
  const first = yield* readRelation<Film>(marks[0] as Mark, 'on');
  expect([first.title, (yield* readRelation<Song>(marks[1] as Mark, 'on')).title]).toEqual(['f1', 'two']);
  expect(yield* call(first.marks, 'count')).toBe(1);
  const mark = yield* call<Mark>(first.marks, 'create', {});
  expect(mark.objectId).toBe(film);
});
behaviour('prefetch follows both ways, with one query for each model', function* () {
  const notes = yield* call<Note[]>(Note.objects.prefetchRelated('target').orderBy('id'), 'list');
  expect(statements()).toHaveLength(3);
  expect(notes.map(({ target }) => (target as Song | null)?.title ?? null)).toEqual([
    'one',
    'one',
    'p1',
    null,
    null,
    'two',
  ]);
  const songs = yield* call<Song[]>(Song.objects.prefetchRelated('notes', 'marks').orderBy('id'), 'list');
  expect(songs.map((song) => [song.notes.all().loaded?.length, song.marks.all().loaded?.length])).toEqual([
    [2, 0],
    [1, 1],
    [0, 0],
  ]);
  const limited = Prefetch('notes', { queryset: Note.objects.orderBy('-text').slice(0, 1), toAttr: 'last' });
  const sliced = yield* call<(Song & { last: Note[] })[]>(
    Song.objects.prefetchRelated(limited).orderBy('id'),
    'list',
  );
  expect(sliced.map(({ last }) => last.map(({ text }) => text))).toEqual([['n2'], ['n6'], []]);
});
behaviour('a generic prefetch takes a query set for each model', function* () {
  const lookup = GenericPrefetch('target', [Song.objects.filter({ title: 'one' }), Plain.objects.all()]);
  const notes = yield* call<Note[]>(
    Note.objects.prefetchRelated(lookup, 'target__notes').filter({ targetType: 'song' }).orderBy('id'),
    'list',
  );
  expect(notes.map(({ target }) => (target as Song | null)?.title ?? null)).toEqual([
    'one',
    'one',
    null,
    null,
  ]);
  const [first] = notes as [Note];
  expect((first.target as Song).notes.all().loaded).toHaveLength(2);
});
behaviour('deleting a row deletes what points at it generically', function* () {
  expect(yield* call(Song.objects.filter({ pk: 1 }), 'delete')).toEqual([3, { Note: 2, Song: 1 }]);
  const plain = yield* call<Plain>(Plain.objects, 'get');
  expect(yield* call(plain, 'delete')).toEqual([1, { Plain: 1 }]);
  expect(yield* call(Note.objects, 'count')).toBe(4);
});
