export {
  type ComplaintOptions,
  type Complaints,
  NON_FIELD_ERRORS,
  ValidationError,
} from './validation-error.ts';
/** What a driver reports about a failed statement, in a form that can cross threads. */
export interface DriverErrorFields {
  readonly message: string;
  /** SQLSTATE, or the system's code for a broken connection (`ECONNREFUSED`). */
  readonly code?: string | undefined;
  readonly detail?: string | undefined;
  readonly hint?: string | undefined;
  readonly constraint?: string | undefined;
  readonly table?: string | undefined;
  readonly column?: string | undefined;
}

/** Base class of PEP 249: everything a database or its driver complains about. */
export class DatabaseError extends Error {
  override name = 'DatabaseError';
  /** SQLSTATE, where the server gave one. */
  readonly code: string | undefined;
  /** Name of the violated constraint. */
  readonly constraint: string | undefined;
  readonly detail: string | undefined;
  readonly hint: string | undefined;
  /** Text of the failed statement. Parameters are not kept: they may be personal data. */
  readonly sql: string | undefined;

  constructor(message: string, fields: Partial<DriverErrorFields> = {}, sql?: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.code = fields.code;
    this.constraint = fields.constraint;
    this.detail = fields.detail;
    this.hint = fields.hint;
    this.sql = sql;
  }
}
/** A constraint was violated: unique, foreign key, check or not-null. */
export class IntegrityError extends DatabaseError {
  override name = 'IntegrityError';
}
/** The database could not do it now: connection lost, lock not available, out of resources, timeout. */
export class OperationalError extends DatabaseError {
  override name = 'OperationalError';
}
/** The statement is wrong: unknown table or column, syntax, missing privilege. */
export class ProgrammingError extends DatabaseError {
  override name = 'ProgrammingError';
}
/** A value does not fit: too long, out of range, division by zero. */
export class DataError extends DatabaseError {
  override name = 'DataError';
}
/** The connection is in a state that forbids the statement, for example an aborted transaction. */
export class InternalError extends DatabaseError {
  override name = 'InternalError';
}
/** The database or this back end does not offer the operation. */
export class NotSupportedError extends DatabaseError {
  override name = 'NotSupportedError';
}
/** The driver was used wrongly, for example after its connection was closed. */
export class InterfaceError extends DatabaseError {
  override name = 'InterfaceError';
}
/** No connection became free in time; the message gives the pool's state. */
export class PoolTimeout extends OperationalError {
  override name = 'PoolTimeout';
}
/** A transaction was used in a way that would lose or corrupt work. */
export class TransactionManagementError extends ProgrammingError {
  override name = 'TransactionManagementError';
}
/** An alias that `configureDatabases` does not know. */
export class ConnectionDoesNotExist extends Error {
  override name = 'ConnectionDoesNotExist';
}
/** Settings, a model or an environment that cannot work. */
export class ImproperlyConfigured extends Error {
  override name = 'ImproperlyConfigured';
}

/** Base class of every model's `DoesNotExist`. */
export class ObjectDoesNotExist extends Error {
  override name = 'DoesNotExist';
}
/** Base class of every model's `MultipleObjectsReturned`. */
export class MultipleObjectsReturned extends Error {
  override name = 'MultipleObjectsReturned';
}
/** A save that had to change a row changed none. */
export class NotUpdated extends DatabaseError {
  override name = 'NotUpdated';
}
/** A lookup, ordering or value path names something the model does not have. */
export class FieldError extends Error {
  override name = 'FieldError';
}
/** A fetch mode of `raise` refused to fetch a field or relation that was not loaded. */
export class FieldFetchBlocked extends FieldError {
  override name = 'FieldFetchBlocked';
}
/** A name where only a column of the model may stand. */
export class FieldDoesNotExist extends Error {
  override name = 'FieldDoesNotExist';
}
/** A value of the right type that cannot be used. */
export class ValueError extends Error {
  override name = 'ValueError';
}
/** An index beyond the last row. */
export class IndexError extends Error {
  override name = 'IndexError';
}
/** Rows that must not lose what they point at stand in the way of a delete. */
export class ProtectedError extends IntegrityError {
  override name = 'ProtectedError';
  readonly objects: ReadonlySet<object>;

  constructor(message: string, objects: Iterable<object>) {
    super(message);
    this.objects = new Set(objects);
  }
}
/** Like ProtectedError, unless the same delete removes those rows by another way. */
export class RestrictedError extends IntegrityError {
  override name = 'RestrictedError';
  readonly objects: ReadonlySet<object>;

  constructor(message: string, objects: Iterable<object>) {
    super(message);
    this.objects = new Set(objects);
  }
}
/** Nothing matched and the caller asked for a 404; web frameworks read `status`. */
export class Http404 extends Error {
  override name = 'Http404';
  readonly status = 404;
  readonly statusCode = 404;
}
/** Internal: a query that cannot match any row, so that nothing need be sent. */
export class EmptyResultSet extends Error {
  override name = 'EmptyResultSet';
}
/** Internal: a condition that every row meets. */
export class FullResultSet extends Error {
  override name = 'FullResultSet';
}
