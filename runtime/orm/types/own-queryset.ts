import type { AnyModel, InstanceOf } from './model.ts';
import type { Flat, TypeAt } from './paths.ts';
import type { Manager, NotOfManagers, QuerySet } from './queryset.ts';
import type { ExtraParts, Selected } from './raw.ts';
import type { Any, SchemaOf } from './schema.ts';
import type {
  AllValues,
  AnnotationMap,
  Annotations,
  AnyFormOfExpression,
  CheckedColumns,
  CheckedExpressions,
  CheckedPaths,
  ExpressionMap,
  ListedRow,
  Loadable,
  LoadedOnly,
  NamedByDefault,
  NamedRow,
  Paths,
  Returned,
  Selectable,
  SelectableCheck,
  SelectedType,
} from './selection.ts';

/**
 * What a class of an application's own extends. Steps that change what a row is keep its methods, too: what they return
 * is both the new rows and the class, and the new rows are looked at first.
 */
export interface OwnQuerySet<T, R = T, A = object> extends QuerySet<T, R, A> {
  annotate<const E extends AnnotationMap>(
    expressions: CheckedExpressions<SchemaOf<T>, A, E> & E,
  ): OwnQuerySet<T, R & Returned<SchemaOf<T>, A, E>, A & Annotations<SchemaOf<T>, A, E>> & this;
  annotate<const E extends readonly AnyFormOfExpression[]>(
    ...expressions: CheckedExpressions<SchemaOf<T>, A, E> & E
  ): OwnQuerySet<T, R & NamedByDefault<SchemaOf<T>, A, E>, A & NamedByDefault<SchemaOf<T>, A, E>> & this;
  alias<const E extends AnnotationMap>(
    expressions: CheckedExpressions<SchemaOf<T>, A, E> & E,
  ): OwnQuerySet<T, R, A & Annotations<SchemaOf<T>, A, E>> & this;
  // The same, and what makes the method assignable: signatures that are alone are compared more closely.
  alias(): this;
  values(): OwnQuerySet<T, AllValues<SchemaOf<T>, A>, A> & this;
  values<const P extends Paths<SchemaOf<T>, A>>(
    ...paths: CheckedPaths<SchemaOf<T>, A, P>
  ): OwnQuerySet<T, Flat<{ [K in P[number]]: TypeAt<SchemaOf<T>, A, K> }>, A> & this;
  values<const E extends ExpressionMap, const P extends Paths<SchemaOf<T>, A>>(
    expressions: CheckedExpressions<SchemaOf<T>, A, E> & E,
    ...paths: CheckedPaths<SchemaOf<T>, A, P>
  ): QuerySet<
    T,
    Flat<{ [K in P[number]]: TypeAt<SchemaOf<T>, A, K> } & Annotations<SchemaOf<T>, A, E>>,
    A & Annotations<SchemaOf<T>, A, E>
  > &
    this;
  valuesList<const P extends Selectable<SchemaOf<T>, A>>(
    part: SelectableCheck<SchemaOf<T>, A, P>,
    options: { readonly flat: true },
  ): OwnQuerySet<T, SelectedType<SchemaOf<T>, A, P>, A> & this;
  valuesList<const P extends readonly Selectable<SchemaOf<T>, A>[]>(
    ...parts: [
      ...{ [I in keyof P]: SelectableCheck<SchemaOf<T>, A, P[I]> },
      options: { readonly named: true },
    ]
  ): OwnQuerySet<T, NamedRow<SchemaOf<T>, A, P>, A> & this;
  valuesList<const P extends readonly Selectable<SchemaOf<T>, A>[]>(
    ...parts: { [I in keyof P]: SelectableCheck<SchemaOf<T>, A, P[I]> }
  ): OwnQuerySet<T, ListedRow<SchemaOf<T>, A, P>, A> & this;
  // As `alias()`.
  only(): this;
  only<const P extends readonly Loadable<SchemaOf<T>>[]>(
    ...fields: CheckedColumns<SchemaOf<T>, P>
  ): OwnQuerySet<T, LoadedOnly<T, A, P>, A> & this;
  defer<const P extends readonly Loadable<SchemaOf<T>>[]>(
    ...fields: CheckedColumns<SchemaOf<T>, P>
  ): OwnQuerySet<T, Omit<T, P[number]> & A, A> & this;
  defer(clear: null): OwnQuerySet<T, T & A, A> & this;
  extra<const E extends ExtraParts>(parts: E): OwnQuerySet<T, R & Selected<E>, A & Selected<E>> & this;
}

/** The manager of a class of query sets: it has the methods of the class, but for those of loaded rows and `delete`. */
export type ManagerOf<Q> = Omit<Q, NotOfManagers> & {
  readonly kind: 'manager';
  /** The query set every operation starts from; override it to narrow the manager. */
  getQuerySet(): Q;
};
/** What a class of query sets has that others have not. */
export type OwnMethods<Q> = [unknown] extends [Q] ? unknown : Omit<Q, keyof QuerySet<Any, Any, Any>>;

type AnyQuerySet = QuerySet<Any, Any, Any>;
interface QuerySetClass<Q extends AnyQuerySet> {
  new (model: Any): Q;
}

export interface QuerySetConstructor {
  /** @param model class made with `model()` */
  new <T>(model: abstract new (values?: Any) => T): OwnQuerySet<T>;
  /**
   * A manager of this class: `static objects = BookQuerySet.asManager(this)`.
   *
   * @param model class the manager belongs to
   */
  asManager<Q extends AnyQuerySet>(this: QuerySetClass<Q>, model: AnyModel): ManagerOf<Q>;
  /** Names of methods that managers do not get, besides those that begin with an underscore. */
  readonly querySetOnly?: readonly string[];
}
export interface ManagerConstructor {
  new <C extends AnyModel>(model: C): Manager<InstanceOf<C>>;
  /**
   * A class of managers that have the methods of a class of query sets; extend it to add others.
   *
   * @param querySet class that extends `QuerySet`
   */
  fromQuerySet<Q extends AnyQuerySet>(querySet: QuerySetClass<Q>): new (model: AnyModel) => ManagerOf<Q>;
}
