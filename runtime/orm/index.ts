// Models first: the modules below depend on each other in a circle that is sound from this side only.
import './models/model.ts';

export type { DatabaseSettings } from './connections/backend.ts';
export { configureDatabases, connections } from './connections/index.ts';
export type { PoolSettings } from './connections/pool.ts';
export type { DatabaseWrapper } from './connections/wrapper.ts';
export type { ComplaintOptions, Complaints } from './errors.ts';
export {
  ConnectionDoesNotExist,
  DatabaseError,
  DataError,
  FieldDoesNotExist,
  FieldError,
  FieldFetchBlocked,
  Http404,
  ImproperlyConfigured,
  IndexError,
  IntegrityError,
  InterfaceError,
  InternalError,
  MultipleObjectsReturned,
  NON_FIELD_ERRORS,
  NotSupportedError,
  NotUpdated,
  ObjectDoesNotExist,
  OperationalError,
  PoolTimeout,
  ProgrammingError,
  ProtectedError,
  RestrictedError,
  TransactionManagementError,
  ValidationError,
  ValueError,
} from './errors.ts';
export {
  AnyValue,
  ArrayAgg,
  BitAnd,
  BitOr,
  BitXor,
  BoolAnd,
  BoolOr,
  JSONBAgg,
  StdDev,
  StringAgg,
  Variance,
} from './expressions/aggregate-functions.ts';
export { Case, When } from './expressions/cases.ts';
export {
  Cast,
  Coalesce,
  Collate,
  ExpressionWrapper,
  Greatest,
  JSONArray,
  JSONObject,
  Least,
  NullIf,
} from './expressions/comparison.ts';
export { FilteredRelation } from './expressions/filtered-relation.ts';
export { Func } from './expressions/func.ts';
export { UUID4, UUID7 } from './expressions/identifiers.ts';
export { Avg, Count, F, JSONNull, Max, Min, Q, Sum, Value } from './expressions/index.ts';
export { KT } from './expressions/key-text.ts';
export { Lookup, Transform } from './expressions/lookup.ts';
export {
  Contains,
  EndsWith,
  Exact,
  GreaterThan,
  GreaterThanOrEqual,
  IContains,
  IEndsWith,
  IExact,
  In,
  IRegex,
  IStartsWith,
  IsNull,
  LessThan,
  LessThanOrEqual,
  Range,
  Regex,
  StartsWith,
} from './expressions/lookup-conditions.ts';
export {
  Abs,
  ACos,
  ASin,
  ATan,
  ATan2,
  Ceil,
  Cos,
  Cot,
  Degrees,
  Exp,
  Floor,
  Ln,
  Log,
  Mod,
  Pi,
  Power,
  Radians,
  Random,
  Round,
  Sign,
  Sin,
  Sqrt,
  Tan,
} from './expressions/math.ts';
export { Now } from './expressions/now.ts';
export { Aggregate } from './expressions/own-aggregate.ts';
export {
  Extract,
  ExtractDay,
  ExtractHour,
  ExtractIsoWeekDay,
  ExtractIsoYear,
  ExtractMinute,
  ExtractMonth,
  ExtractQuarter,
  ExtractSecond,
  ExtractWeek,
  ExtractWeekDay,
  ExtractYear,
  TruncDate,
  TruncTime,
} from './expressions/parts.ts';
export { RawSQL } from './expressions/raw-sql.ts';
export {
  Corr,
  CovarPop,
  RegrAvgX,
  RegrAvgY,
  RegrCount,
  RegrIntercept,
  RegrR2,
  RegrSlope,
  RegrSXX,
  RegrSXY,
  RegrSYY,
} from './expressions/statistics.ts';
export { ArraySubquery, Exists, OuterRef, Subquery } from './expressions/subqueries.ts';
export {
  Chr,
  Concat,
  Left,
  Length,
  Lower,
  LPad,
  LTrim,
  MD5,
  Ord,
  Repeat,
  Replace,
  Reverse,
  Right,
  RPad,
  RTrim,
  SHA1,
  SHA224,
  SHA256,
  SHA384,
  SHA512,
  StrIndex,
  Substr,
  Trim,
  Upper,
} from './expressions/text.ts';
export {
  Trunc,
  TruncDay,
  TruncHour,
  TruncMinute,
  TruncMonth,
  TruncQuarter,
  TruncSecond,
  TruncWeek,
  TruncYear,
} from './expressions/truncation.ts';
export {
  CumeDist,
  DenseRank,
  FirstValue,
  type Frame,
  Lag,
  LastValue,
  Lead,
  NthValue,
  Ntile,
  PercentRank,
  Rank,
  RowNumber,
  Window,
} from './expressions/windows.ts';
export {
  fields,
  foreignKey,
  foreignObject,
  genericForeignKey,
  genericRelation,
  manyToMany,
  oneToOne,
  reverse,
  set,
} from './fields/index.ts';
export { FETCH_ONE, FETCH_PEERS, FETCH_RAISE, type FetchMode } from './models/fetch-modes.ts';
export { model } from './models/model.ts';
export { Manager } from './queryset/manager.ts';
export { QuerySet } from './queryset/own.ts';
export {
  acreateTables,
  adropTables,
  ainspectTables,
  createTables,
  dropTables,
  type InspectOptions,
  inspectTables,
} from './schema/tables.ts';
export {
  agetListOr404,
  agetObjectOr404,
  aprefetchRelatedObjects,
  GenericPrefetch,
  getListOr404,
  getObjectOr404,
  Prefetch,
  prefetchRelatedObjects,
} from './shortcuts.ts';
export { type SyncResult, transaction } from './transaction/index.ts';
export type { AggregateOptions, AnyCondition, Condition, Expression } from './types/expressions.ts';
export type {
  AnyModel,
  InstanceOf,
  ModelClass,
  ModelOptions,
  RefreshOptions,
  SaveOptions,
} from './types/model.ts';
export type { ManagerOf, OwnQuerySet } from './types/own-queryset.ts';
export type { BulkCreateOptions, Deleted, RelatedManager, Rows } from './types/queryset.ts';
export * from './types/registered.ts';
export type { PrefetchLookup } from './types/selection.ts';
export { validators } from './validators/index.ts';
