import { syncToAsync } from '@migrate-async/runtime';
import {
  Count,
  fields,
  foreignKey,
  Manager,
  manyToMany,
  model,
  Prefetch,
  QuerySet,
  reverse,
} from '@migrate-async/runtime/orm';
import { expect, test } from 'vitest';
import { call } from '../support/differential.ts';
import { harness, keys } from '../support/harness.ts';

class PostQuerySet extends QuerySet<Post> {
  published() {
    return this.filter({ published: true });
  }
  by(name: string) {
    return this.filter({ blog__name: name });
  }
  withReaders() {
    return this.annotate({ fans: Count('readers') });
  }
  longest() {
    return this.orderBy('-length').first();
  }
  _hidden() {
    return this.none();
  }
  purge() {
    return this.delete();
  }
  static override readonly querySetOnly = ['purge'];
}
class LongManager extends Manager.fromQuerySet(PostQuerySet) {
  override getQuerySet() {
    return super.getQuerySet().filter({ length__gte: 5 });
  }
  twoLongest() {
    return this.orderBy('-length').slice(0, 2);
  }
}

class Blog extends model('blog', {
  name: fields.text(),
  posts: reverse<Post, 'blog', PostQuerySet>(() => Post),
}) {
  static objects = new Manager(this);
}
class Reader extends model('reader', {
  name: fields.text(),
  favourites: manyToMany<Post, PostQuerySet>(() => Post, { relatedName: 'readers' }),
}) {
  static objects = new Manager(this);
}
class Post extends model('post', {
  blog: foreignKey<Blog>(() => Blog),
  title: fields.text(),
  published: fields.boolean().default(false),
  length: fields.integer().default(0),
  readers: reverse<Reader>(() => Reader),
}) {
  static objects = PostQuerySet.asManager(this);
  static long = new LongManager(this);
}

const shared = harness(
  [Blog, Reader, Post],
  `insert into blog (name) values ('one'), ('two');
   insert into post (blog_id, title, published, length) values (1, 'a', true, 3), (1, 'b', false, 5), (2, 'c', true, 9);
   insert into reader (name) values ('Rae');
   insert into reader_favourites (reader_id, post_id) values (1, 1), (1, 2);`,
);

const { behaviour } = shared;

behaviour('methods of the class stand on the manager, and after any step', function* () {
  expect(keys(yield* call(Post.objects.published().orderBy('id'), 'list'))).toEqual([1, 3]);
  expect(keys(yield* call(Post.objects.filter({ length__lt: 6 }).published(), 'list'))).toEqual([1]);
  expect(keys(yield* call(Post.objects.all().published().by('two').published(), 'list'))).toEqual([3]);
  expect(
    keys(yield* call(Post.objects.exclude({ length: 3 }).using('default').distinct().by('one'), 'list')),
  ).toEqual([2]);
  expect(
    keys(yield* call(Post.objects.orderBy('-id').slice(0, 3).union(Post.objects.none()).reverse(), 'list'))
      .length,
  ).toBe(3);
  expect(Post.objects.published().none()).toBeInstanceOf(PostQuerySet);
  expect(Post.objects.published().union(Post.objects.all())).toBeInstanceOf(PostQuerySet);
});
behaviour('steps that change the row keep the class', function* () {
  const counted = Post.objects.withReaders().published().orderBy('id');
  expect((yield* call<{ fans: number }[]>(counted, 'list')).map(({ fans }) => fans)).toEqual([1, 0]);
  expect(yield* call(Post.objects.values('title').published().orderBy('title'), 'list')).toEqual([
    { title: 'a' },
    { title: 'c' },
  ]);
  expect(
    yield* call(
      Post.objects.withReaders().valuesList('fans', { flat: true }).by('one').orderBy('id'),
      'list',
    ),
  ).toEqual([1, 1]);
  expect(keys(yield* call(Post.objects.only('title').published().orderBy('id'), 'list'))).toEqual([1, 3]);
});
behaviour('related managers have the methods of the default manager', function* () {
  const blog = yield* call<Blog>(Blog.objects, 'get', { name: 'one' });
  expect(keys(yield* call(blog.posts.published(), 'list'))).toEqual([1]);
  expect(yield* call(blog.posts.published(), 'count')).toBe(1);
  expect(yield* call(blog.posts.withReaders().published(), 'exists')).toBe(true);
  const reader = yield* call<Reader>(Reader.objects, 'get', { name: 'Rae' });
  expect(keys(yield* call(reader.favourites.by('one').published(), 'list'))).toEqual([1]);
  yield* call(blog.posts, 'create', { title: 'd', published: true });
  expect(yield* call(blog.posts.published(), 'count')).toBe(2);
});
behaviour('prefetched rows start from the class, and may be narrowed by it', function* () {
  const queryset = Post.objects.published();
  const blogs = Blog.objects.prefetchRelated(Prefetch('posts', { queryset, toAttr: 'live' }));
  const rows = yield* call<(Blog & { live: Post[] })[]>(blogs.orderBy('id'), 'list');
  expect(rows.map(({ live }) => keys(live))).toEqual([[1], [3]]);
});
behaviour('a manager may have the methods, a narrower start and methods of its own', function* () {
  expect(keys(yield* call(Post.long.twoLongest(), 'list'))).toEqual([3, 2]);
  expect(keys(yield* call(Post.long.published(), 'list'))).toEqual([3]);
  expect(yield* call(Post.long, 'count')).toBe(2);
  expect(Post.long.published()).toBeInstanceOf(PostQuerySet);
});
behaviour('a query set of the class is made from the model, and used as a subquery', function* () {
  const own = new PostQuerySet(Post).published();
  expect(yield* call(own, 'count')).toBe(2);
  expect(keys(yield* call(Blog.objects.filter({ posts__in: own.by('two') }), 'list'))).toEqual([2]);
});
test('terminals of the class run where they are called, bridged as any other', async () => {
  await shared.reset();
  expect(Post.objects.longest()?.title).toBe('c');
  expect((await syncToAsync(Post.objects.longest)())?.title).toBe('c');
  expect((await syncToAsync(Post.objects.published().get)({ title: 'a' })).length).toBe(3);
  expect((await syncToAsync(Post.objects.published)().then((rows) => rows.alist())).length).toBe(2);
});
test('private and withheld methods stay off the manager', () => {
  expect('_hidden' in Post.objects).toBe(false);
  expect('purge' in Post.objects).toBe(false);
  expect('delete' in Post.objects).toBe(false);
  expect(typeof Post.objects.all().purge).toBe('function');
  expect(Post.objects.constructor.name).toBe('ManagerFromPostQuerySet');
  expect(Post.objects).toBeInstanceOf(Manager);
});
