import { connectionClosed } from '../../bridge/messages.ts';
import {
  DatabaseError,
  DataError,
  type DriverErrorFields,
  IntegrityError,
  InternalError,
  NotSupportedError,
  OperationalError,
  ProgrammingError,
} from '../errors.ts';

type ErrorClass = new (
  message: string,
  fields: DriverErrorFields,
  sql?: string,
  cause?: unknown,
) => DatabaseError;

/** PEP 249 class of each SQLSTATE class (PostgreSQL manual, appendix A), as psycopg maps them. */
const byClass: Readonly<Record<string, ErrorClass>> = {
  '02': DatabaseError,
  '08': OperationalError,
  '0A': NotSupportedError,
  '20': ProgrammingError,
  '21': ProgrammingError,
  '22': DataError,
  '23': IntegrityError,
  '24': InternalError,
  '25': InternalError,
  '26': ProgrammingError,
  '27': OperationalError,
  '28': OperationalError,
  '2B': InternalError,
  '2D': InternalError,
  '2F': OperationalError,
  '34': ProgrammingError,
  '38': OperationalError,
  '39': OperationalError,
  '3B': OperationalError,
  '3D': ProgrammingError,
  '3F': ProgrammingError,
  '40': OperationalError,
  '42': ProgrammingError,
  '44': ProgrammingError,
  '53': OperationalError,
  '54': OperationalError,
  '55': OperationalError,
  '57': OperationalError,
  '58': OperationalError,
  F0: OperationalError,
  HV: OperationalError,
  P0: InternalError,
  XX: InternalError,
};

/** The error an application sees for what a driver reported. */
export function databaseError(fields: DriverErrorFields, sql?: string, cause?: unknown): DatabaseError {
  const { code, message } = fields;
  if (message === connectionClosed) return new OperationalError(message, fields, sql, cause);
  // No SQLSTATE: the socket broke or never opened.
  if (code === undefined || !/^[0-9A-Z]{5}$/.test(code))
    return new OperationalError(message, fields, sql, cause);
  const chosen = byClass[code.slice(0, 2)] ?? DatabaseError;
  return new chosen(message, fields, sql, cause);
}
