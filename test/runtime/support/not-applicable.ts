/**
 * Items of the behaviour catalogue that this API cannot have, by their numbers, each with its reason. The reporter
 * counts them apart; whatever can be shown is shown by a test instead.
 */
export const notApplicable: ReadonlyMap<number, string> = new Map([
  [52, 'no setting wraps requests in transactions: a handler that wants one says so, with aatomic'],
  [94, 'a slice has no step: arrays have none in JavaScript'],
]);
