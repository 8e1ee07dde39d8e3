/** What a check says: a message, an error, or several of them. */
type Complaint = string | ValidationError | readonly (string | ValidationError)[];
/** The same, or complaints by the name of the field that they are about. */
export type Complaints = Complaint | Readonly<Record<string, Complaint>>;

export interface ComplaintOptions {
  /** Says to a program which check it was. */
  readonly code?: string;
  /** Values for `%(name)s` in the message. */
  readonly params?: Readonly<Record<string, unknown>>;
}

/** Name under which complaints about the row as a whole stand. */
export const NON_FIELD_ERRORS = '__all__';

type ByField<T> = Readonly<Record<string, readonly T[]>>;

/** Field values that are not acceptable; `errors` has the messages by field, `messages` all of them. */
export class ValidationError extends Error {
  override name = 'ValidationError';
  /** Messages by field; none where the error is about the row as a whole, or about a value by itself. */
  readonly errors: ByField<string>;
  readonly messages: readonly string[];
  readonly code: string | undefined;
  readonly params: Readonly<Record<string, unknown>> | undefined;
  readonly #byField: ByField<ValidationError>;
  /** Undefined for one complaint, which is a list of itself. */
  readonly #list: readonly ValidationError[] | undefined;

  /**
   * @param given a message, a list of messages and errors, or an object with those of each field
   * @throws TypeError for an option that there is not
   */
  constructor(given: Complaints, options: ComplaintOptions = {}) {
    requireKnown(options);
    const other = given instanceof ValidationError ? given : undefined;
    const byField = isByField(given)
      ? mapped(given, (each) => singles(each, options))
      : (other?.errorDict ?? {});
    const list = isByField(given)
      ? Object.values(byField).flat()
      : typeof given === 'string'
        ? undefined
        : singles(given, options);
    const messages =
      typeof given === 'string' ? [filled(given, options.params)] : (list ?? []).map(messageOf);
    const named = Object.entries(byField).map(([name, each]) => `${name}: ${each.map(messageOf).join(' ')}`);
    super((named.length > 0 ? named : messages).join(' '));
    this.#byField = byField;
    this.#list = list;
    this.errors = mapped(byField, (each) => each.map(messageOf));
    this.messages = messages;
    this.code = other?.code ?? options.code;
    this.params = other?.params ?? options.params;
  }

  /** Every complaint as an error of its own, with its `code` and `params`. */
  get errorList(): readonly ValidationError[] {
    return this.#list ?? [this];
  }
  /** The same by field, where there are fields. */
  get errorDict(): ByField<ValidationError> {
    return this.#byField;
  }
}

function requireKnown(options: ComplaintOptions): void {
  const unknown = Object.keys(options).find((name) => name !== 'code' && name !== 'params');
  if (unknown === undefined) return;
  throw new TypeError(
    `ValidationError() got an unexpected option '${unknown}'. Options are: code, params; messages by field are the first argument.`,
  );
}
function isByField(given: Complaints): given is Readonly<Record<string, Complaint>> {
  return typeof given === 'object' && !Array.isArray(given) && !(given instanceof ValidationError);
}
/** The complaints of a list, each by itself. */
function singles(given: Complaint, options: ComplaintOptions): readonly ValidationError[] {
  if (given instanceof ValidationError) return given.errorList;
  if (typeof given !== 'string') return given.flatMap((each) => singles(each, options));
  return [new ValidationError(given, options)];
}
function mapped<T, U>(given: Readonly<Record<string, T>>, change: (each: T) => U): Record<string, U> {
  return Object.fromEntries(Object.entries(given).map(([name, each]) => [name, change(each)]));
}
function messageOf({ message }: ValidationError): string {
  return message;
}
function filled(message: string, params: ComplaintOptions['params'] = {}): string {
  return message.replaceAll(/%\((\w+)\)[sd]/g, (mark, name: string) =>
    Object.hasOwn(params, name) ? String(params[name]) : mark,
  );
}
