import { fields, foreignKey, Manager, model, reverse } from '@migrate-async/runtime/orm';
import { expect } from 'vitest';
import { call, iterate, statements } from '../support/differential.ts';
import { harness } from '../support/harness.ts';

class LiveManager extends Manager<typeof Post> {
  override getQuerySet() {
    return super.getQuerySet().filter({ status: 'live' });
  }
  /** A query of one's own. */
  longest() {
    return this.getQuerySet().orderBy('-length');
  }
}

class Blog extends model('blog', {
  name: fields.text(),
  posts: reverse<Post, 'blog'>(() => Post),
}) {
  static objects = new Manager(this);
  get shout() {
    return this.name.toUpperCase();
  }
}

class Post extends model('post', {
  blog: foreignKey<Blog>(() => Blog),
  status: fields.choice('draft', 'live').default('draft'),
  length: fields.integer().default(0),
  slug: fields.slug().default(''),
}) {
  static objects = new Manager(this);
  static live: LiveManager = new LiveManager(this);
}

const { behaviour } = harness(
  [Blog, Post],
  `insert into blog (name) values ('one');
   insert into post (blog_id, status, length, slug) values (1, 'live', 3, 'a'), (1, 'draft', 5, 'b'), (1, 'live', 9, 'c');`,
);

behaviour('a manager may narrow what it starts from, and add queries', function* () {
  expect(yield* call(Post.live, 'count')).toBe(2);
  expect(yield* call(Post.objects, 'count')).toBe(3);
  expect((yield* call<Post>(Post.live.longest(), 'first')).slug).toBe('c');
});
behaviour('models are classes: getters are there on rows that were read', function* () {
  const blog = yield* call<Blog>(Blog.objects, 'get', { name: 'one' });
  expect(blog.shout).toBe('ONE');
  expect(blog).toBeInstanceOf(Blog);
});
behaviour('1 for of and for await read everything at once, and keep it', function* () {
  const posts = Post.objects.orderBy('id');
  expect((yield* iterate<Post>(posts, 2)).map(({ slug }) => slug)).toEqual(['a', 'b']);
  expect(posts.loaded).toHaveLength(3);
  expect((yield* iterate<Post>(posts)).length).toBe(3);
  expect(statements().length).toBe(1);
});
