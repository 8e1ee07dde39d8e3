/**
 * Other wrappers and other twins, as data: functions of modules that take a callback or block, what wraps them, and
 * which function of the same module answers natively.
 */
export interface Pack {
  readonly name: string;
  readonly description: string;
  /** Functions that wrap, by module: `{ util: ['promisify'] }`. */
  readonly wrappers: Readonly<Record<string, readonly string[]>>;
  /** Member of each module that holds the native functions: `{ fs: 'promises' }`. */
  readonly namespaces: Readonly<Record<string, string>>;
  /** Functions of each module whose native counterpart has the same name and takes the same arguments. */
  readonly functions: Readonly<Record<string, readonly string[]>>;
}
