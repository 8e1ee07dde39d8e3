/**
 * Items of the behaviour catalogue that this API cannot have, by their numbers, each with its reason. The reporter
 * counts them apart; whatever can be shown is shown by a test instead.
 */
export const notApplicable: ReadonlyMap<number, string> = new Map([]);
