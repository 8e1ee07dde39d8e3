import {
  fields,
  foreignKey,
  genericForeignKey,
  Manager,
  manyToMany,
  model,
  oneToOne,
  reverse,
} from '@migrate-async/runtime/orm';

export class Publisher extends model('publisher', {
  name: fields.text(),
  country: fields.char(2).null(),
  books: reverse<Book, 'publisher'>(() => Book),
}) {
  static objects = new Manager(this);
}

export class Author extends model('author', {
  name: fields.text(),
  email: fields.text(),
  born: fields.date().null(),
  isActive: fields.boolean().default(true),
  rating: fields.float().null(),
  tags: fields.array(fields.text()),
  meta: fields.json<{ twitter?: string }>().null(),
  mentor: foreignKey<Author>(() => Author).null(),
  books: reverse<Book, 'author'>(() => Book),
  profile: reverse<Profile, 'author'>(() => Profile),
}) {
  static objects = new Manager(this);
  get initials() {
    return this.name
      .split(' ')
      .map((word) => word[0])
      .join('');
  }
  isFan(book: Book) {
    return book.rating !== null && book.rating > 4;
  }
}

export class Profile extends model('profile', {
  author: oneToOne<Author>(() => Author),
  bio: fields.text(),
}) {
  static objects = new Manager(this);
}

export class Book extends model('book', {
  title: fields.text(),
  pages: fields.integer(),
  price: fields.decimal(6, 2),
  sold: fields.bigInteger().default(0n),
  published: fields.dateTime(),
  rating: fields.float().null(),
  status: fields.choice('draft', 'live').default('draft'),
  author: foreignKey<Author>(() => Author),
  publisher: foreignKey<Publisher>(() => Publisher).null(),
  genres: manyToMany<Genre>(() => Genre),
}) {
  static objects = new Manager(this);
}

export class Genre extends model('genre', {
  code: fields.char(8).primaryKey(),
  label: fields.text(),
  books: manyToMany<Book>(() => Book),
}) {
  static objects = new Manager(this);
}

export class Review extends model('review', {
  book: foreignKey<Book>(() => Book),
  author: foreignKey<Author>(() => Author),
  stars: fields.integer(),
}) {
  static objects = new Manager(this);
}

export class Note extends model('note', { text: fields.text(), about: genericForeignKey() }) {
  static objects = new Manager(this);
}
/** With columns of its own, one of them under another name. */
export class Mark extends model('mark', {
  targetId: fields.text(),
  target: genericForeignKey('targetType', 'targetId'),
}) {
  static objects = new Manager(this);
}
