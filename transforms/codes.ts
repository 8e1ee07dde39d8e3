/** Why a bridge is left as it is (MA1xx), or what to look at round a rewritten one (MA2xx). */
export interface Code {
  readonly code: string;
  /** Short name, as in `MA101 receiver-not-orm`. */
  readonly name: string;
  readonly summary: string;
}

/** Every code there is; each has a page in docs/codes. */
export const codes: readonly Code[] = [
  { code: 'MA101', name: 'receiver-not-orm', summary: 'What crosses is not an ORM operation.' },
  {
    code: 'MA102',
    name: 'lazy-queryset',
    summary: 'The operation only builds a query, so there is nothing to wait for.',
  },
  { code: 'MA103', name: 'no-native-counterpart', summary: 'The operation has no native twin.' },
  { code: 'MA104', name: 'receiver-unknown', summary: 'Nothing proves what the operation is called on.' },
  { code: 'MA105', name: 'conditional-wrapper', summary: 'Which function wraps depends on a condition.' },
  { code: 'MA106', name: 'wrapper-has-behaviour', summary: 'The function that wraps does more than wrap.' },
  { code: 'MA107', name: 'async-to-sync', summary: 'The bridge is handed to asyncToSync.' },
  { code: 'MA108', name: 'dynamic-method', summary: 'Only run time knows which operation it is.' },
  {
    code: 'MA109',
    name: 'detached-method',
    summary: 'The method is taken off its receiver before it is wrapped.',
  },
  {
    code: 'MA110',
    name: 'transaction-block',
    summary: 'A transaction block that cannot be made async as it stands.',
  },
  {
    code: 'MA111',
    name: 'own-this',
    summary: 'A function with its own `this`, `arguments` or `new.target`.',
  },
  { code: 'MA112', name: 'sync-callback', summary: 'A query in a place where `await` is not allowed.' },
  {
    code: 'MA113',
    name: 'optional-receiver',
    summary: 'The receiver may be undefined, which the wrapper turns into a rejection.',
  },
  {
    code: 'MA114',
    name: 'callee-cast',
    summary: 'A cast or type arguments that only types could prove to fit the twin.',
  },
  { code: 'MA115', name: 'spread-wrapper', summary: 'The wrapper gets no argument, or one that is spread.' },
  {
    code: 'MA116',
    name: 'wrapper-options',
    summary: 'Options of the wrapper that have no native counterpart.',
  },
  {
    code: 'MA117',
    name: 'unordered-writes',
    summary: 'Writes off the sensitive thread run beside a query on the same model.',
  },
  {
    code: 'MA118',
    name: 'ordered-parallel-writes',
    summary: 'Bridges that are started together ran one after the other, and their order matters.',
  },
  {
    code: 'MA119',
    name: 'helper-blocks',
    summary: 'The wrapped function also does blocking work that is not ORM.',
  },
  { code: 'MA120', name: 'wrapper-unknown', summary: 'Nothing proves that this is the wrapper.' },
  { code: 'MA121', name: 'wrapped-parameter', summary: 'A helper wraps whatever its callers hand it.' },
  {
    code: 'MA122',
    name: 'helper-without-twin',
    summary: 'The wrapped function needs an async twin that is not written yet.',
  },
  { code: 'MA123', name: 'async-function', summary: 'The wrapped function is already async.' },
  {
    code: 'MA124',
    name: 'shared-state',
    summary: 'A variable would be read or written at another moment than it is behind the wrapper.',
  },
  {
    code: 'MA125',
    name: 'connection-state',
    summary: 'A statement may leave its connection in another state, and native ones share connections.',
  },
  {
    code: 'MA126',
    name: 'not-written',
    summary: 'The rewrite is proven, and a file that it needs could not or may not be changed.',
  },
];

/** Findings about code round a rewritten site. */
export const hints: readonly Code[] = [
  {
    code: 'MA201',
    name: 'async-foreach',
    summary: 'forEach does not wait for the promises of its callback.',
  },
  { code: 'MA202', name: 'floating-promise', summary: 'Nothing waits for the operation.' },
  {
    code: 'MA203',
    name: 'mocked-operation',
    summary: 'A test replaces the sync operation, which is no longer called.',
  },
  {
    code: 'MA204',
    name: 'lazy-relation',
    summary: 'A relation is loaded when it is read, outside any bridge.',
  },
  { code: 'MA205', name: 'sync-throw', summary: 'The twin may throw where the wrapper would have rejected.' },
  {
    code: 'MA206',
    name: 'transaction-waits',
    summary: 'A transaction holds its connection while something external answers.',
  },
  {
    code: 'MA207',
    name: 'wrapper-error',
    summary: 'A catch clause tests for an error that only the wrapper raises.',
  },
  {
    code: 'MA208',
    name: 'several-hops',
    summary: 'Operations that ran in one go now wait one by one, and some of them write.',
  },
  { code: 'MA209', name: 'query-per-round', summary: 'One query for each round of a loop.' },
];
