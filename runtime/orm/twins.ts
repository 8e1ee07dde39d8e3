/**
 * The twins: which native, `a`-prefixed operation answers for which sync one.
 *
 * Plain data without imports, so that a tool can read it (as `@migrate-async/runtime/twins`) without loading
 * the ORM. The real classes are tested against it: every name listed here exists, on both paths.
 */
export const twins = {
  /** Terminal operations of query sets; managers and related managers have them too, `delete` excepted. */
  queryset: {
    get: 'aget',
    create: 'acreate',
    getOrCreate: 'agetOrCreate',
    updateOrCreate: 'aupdateOrCreate',
    bulkCreate: 'abulkCreate',
    bulkUpdate: 'abulkUpdate',
    count: 'acount',
    exists: 'aexists',
    contains: 'acontains',
    first: 'afirst',
    last: 'alast',
    latest: 'alatest',
    earliest: 'aearliest',
    inBulk: 'ainBulk',
    aggregate: 'aaggregate',
    update: 'aupdate',
    delete: 'adelete',
    iterator: 'aiterator',
    list: 'alist',
    at: 'aat',
    explain: 'aexplain',
  },

  /** Operations of one model instance. */
  instance: {
    save: 'asave',
    delete: 'adelete',
    refreshFromDb: 'arefreshFromDb',
    fullClean: 'afullClean',
    validateUnique: 'avalidateUnique',
    validateConstraints: 'avalidateConstraints',
  },

  /** What managers of reverse and many-to-many relations offer beyond a query set. */
  related: {
    add: 'aadd',
    remove: 'aremove',
    clear: 'aclear',
    set: 'aset',
    create: 'acreate',
    getOrCreate: 'agetOrCreate',
    updateOrCreate: 'aupdateOrCreate',
  },

  /** Functions exported by `@migrate-async/runtime/orm`. */
  functions: {
    getObjectOr404: 'agetObjectOr404',
    getListOr404: 'agetListOr404',
    prefetchRelatedObjects: 'aprefetchRelatedObjects',
    createTables: 'acreateTables',
    dropTables: 'adropTables',
    inspectTables: 'ainspectTables',
  },

  /** Members of the exported `transaction` object. */
  transaction: {
    atomic: 'aatomic',
    commit: 'acommit',
    rollback: 'arollback',
    setAutocommit: 'asetAutocommit',
    savepoint: 'asavepoint',
    savepointRollback: 'asavepointRollback',
    savepointCommit: 'asavepointCommit',
    onCommit: 'aonCommit',
  },

  /** Members of a `DatabaseWrapper`, from `connections.get(alias)`. */
  connection: {
    cursor: 'acursor',
    close: 'aclose',
  },

  /** Members of a cursor. */
  cursor: {
    execute: 'aexecute',
    executeMany: 'aexecuteMany',
    fetchOne: 'afetchOne',
    fetchMany: 'afetchMany',
    fetchAll: 'afetchAll',
    close: 'aclose',
  },
} as const;

/** Operations of query sets and managers that only build a query: no I/O, so no twin. */
export const lazyOperations = [
  'all',
  'none',
  'filter',
  'exclude',
  'annotate',
  'alias',
  'orderBy',
  'reverse',
  'distinct',
  'values',
  'valuesList',
  'dates',
  'datetimes',
  'union',
  'intersection',
  'difference',
  'selectRelated',
  'prefetchRelated',
  'selectForUpdate',
  'defer',
  'only',
  'using',
  'raw',
  'extra',
  'slice',
  'fetchMode',
  'abortable',
] as const;

/** What only the managers of relations have, and builds a query, too. */
export const relatedSteps = ['manager'] as const;

/**
 * Operations of instances whose names are made of those of fields and models. Each has a twin by the prefix below:
 * `event.getNextByAt()` and `event.agetNextByAt()`.
 */
export const derivedOperations = {
  /** The next row by a date. */
  nextBy: (field: string) => `getNextBy${capitalised(field)}`,
  previousBy: (field: string) => `getPreviousBy${capitalised(field)}`,
  /** The next row among those that are kept in an order of their own. */
  nextInOrder: () => 'getNextInOrder',
  previousInOrder: () => 'getPreviousInOrder',
  /** The keys of such rows, on the instance that they belong to. */
  getOrder: (model: string) => `get${capitalised(model)}Order`,
  setOrder: (model: string) => `set${capitalised(model)}Order`,
} as const;

const derivedName = new RegExp(
  `^(?:${Object.values(derivedOperations)
    .map((nameOf) => nameOf('X').replace('X', '[\\p{Lu}\\p{N}_$][\\p{ID_Continue}$]*'))
    .join('|')})$`,
  'u',
);
/** True for the sync name of one of the derived operations. */
export function isDerivedOperation(name: string): boolean {
  return derivedName.test(name);
}
function capitalised(name: string): string {
  return name.charAt(0).toUpperCase() + name.slice(1);
}

/**
 * Prefix that turns the accessor of a single-object relation (a foreign key, a one-to-one, or the reverse of a
 * one-to-one) into its twin: `book.author` blocks when the author is not loaded, `await book.aauthor` does not.
 * Accessors that return a manager (`author.books`) do no I/O and have no twin.
 */
export const relationTwinPrefix = 'a';

/**
 * Name of the native accessor of a single-object relation.
 *
 * @param accessor the sync accessor, for example `author`
 * @returns its twin, for example `aauthor`
 */
export function relationTwin<Name extends string>(accessor: Name): `a${Name}` {
  return `${relationTwinPrefix}${accessor}`;
}
