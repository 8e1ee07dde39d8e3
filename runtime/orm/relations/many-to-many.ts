import { describe } from '../describe.ts';
import { ValueError } from '../errors.ts';
import type { Field } from '../fields/field.ts';
import type { ForeignKeyField } from '../fields/relations.ts';
import { isInstance } from '../lookups/encode.ts';
import type { ModelInstance } from '../models/instance.ts';
import { distinctKeys, isObjectKey, isSameKey, keyId } from '../models/keys.ts';
import { defaultQuerySet, isEverything } from '../models/managers.ts';
import { metaKey } from '../models/registry.ts';
import type { ManyToManyRelation } from '../models/relations.ts';
import { stateOf } from '../models/state.ts';
import { bulkCreate } from '../operations/bulk.ts';
import { type CreationOptions, called, requireSettable, type Values } from '../operations/create.ts';
import { deleteRows } from '../operations/delete.ts';
import { listGiven, requireValues } from '../operations/given.ts';
import { loadMissing } from '../operations/missing.ts';
import { throughOwn } from '../operations/overridden.ts';
import { list } from '../operations/read.ts';
import { atomically, type Operation } from '../operations/steps.ts';
import type { QuerySet } from '../queryset/queryset.ts';
import {
  type Making,
  type RelatedChanges,
  type RelatedOptions,
  requireModel,
  requireOn,
  requireRelatedOptions,
  valueHeld,
  withOptions,
} from './changes.ts';

/** What a row of the through model holds: this side's key, and the other's. */
type Pair = readonly [own: unknown, target: unknown];

/** `book.genres`: changes are made to the pairs. */
export class ManyToManyChanges implements RelatedChanges {
  readonly owner: ModelInstance;
  readonly #relation: ManyToManyRelation;
  readonly #making: Making;

  constructor(instance: ModelInstance, relation: ManyToManyRelation, making: Making) {
    this.owner = instance;
    this.#relation = relation;
    this.#making = making;
  }
  get #alias(): string {
    return stateOf(this.owner).alias ?? 'default';
  }
  /** What pairs hold of this side: its primary key, unless the through model points at another column. */
  get held(): Field {
    return this.#relation.ownKey.targetField;
  }
  get #key(): unknown {
    return valueHeld(this.owner, this.held, 'many-to-many relationship');
  }
  get #pairs(): QuerySet {
    return defaultQuerySet(this.#relation.through).using(this.#alias);
  }
  get #ownPairs(): QuerySet {
    return this.#pairs.filter({ [this.#relation.ownKey.name]: this.#key });
  }
  #forget(): void {
    stateOf(this.owner).prefetched?.delete(this.#relation.name);
  }

  *create(values: Values = {}, options: RelatedOptions = {}): Operation<object> {
    requireRelatedOptions('create', options);
    this.#requireLinkable('create', options);
    const made = yield* this.#making.create(values);
    yield* this.#link([made], options);
    return made;
  }
  *getOrCreate(
    where: Values = {},
    { throughDefaults, ...options }: CreationOptions & RelatedOptions = {},
  ): Operation<[object, boolean]> {
    this.#requireLinkable('getOrCreate', { throughDefaults });
    const found = yield* this.#making.getOrCreate(where, options);
    return yield* this.#linkedIfMade(found, { throughDefaults });
  }
  *updateOrCreate(
    where: Values = {},
    { throughDefaults, ...options }: CreationOptions & RelatedOptions = {},
  ): Operation<[object, boolean]> {
    this.#requireLinkable('updateOrCreate', { throughDefaults });
    const found = yield* this.#making.updateOrCreate(where, options);
    return yield* this.#linkedIfMade(found, { throughDefaults });
  }
  /** A row that was found is related already: it was looked for among those that are. */
  *#linkedIfMade(answer: [object, boolean], options: RelatedOptions): Operation<[object, boolean]> {
    const [row, created] = answer;
    if (created) yield* this.#link([row], options);
    return answer;
  }
  /** Refuses, before there is a row that could not be linked, what the pairs cannot hold. */
  #requireLinkable(operation: string, { throughDefaults }: RelatedOptions): void {
    if (throughDefaults === undefined || throughDefaults === null) return;
    requireValues(operation, throughDefaults, 'throughDefaults');
    requireSettable(this.#relation.through, Object.keys(throughDefaults));
  }

  *add(given: readonly unknown[]): Operation<void> {
    const [objects, options] = withOptions('add', given);
    this.#requireLinkable('add', options);
    yield* this.#link(objects, options);
  }

  /** Pairs that are there already stay as they are. */
  *#link(objects: readonly unknown[], { throughDefaults }: RelatedOptions): Operation<void> {
    this.#forget();
    if (objects.length === 0) return;
    for (const object of objects) if (isInstance(object)) requireOn(this.#alias, object);
    const { automatic, symmetrical } = this.#relation;
    const own = this.#key;
    const keys = distinctKeys(yield* this.#keysOf(objects));
    const pairs = keys.map((key): Pair => [own, key]);
    if (symmetrical) pairs.push(...keys.filter((key) => !isSameKey(key, own)).map((key): Pair => [key, own]));
    const defaults = called(throughDefaults ?? {});
    // Two equal pairs are all that can be in the way in a table made for them; an application's own through model may
    // have other constraints, or none.
    if (automatic) {
      yield* bulkCreate(this.#pairs, this.#rows(pairs, defaults), { ignoreConflicts: true });
      return;
    }
    yield* atomically(this.#alias, { savepoint: false }, () => this.#linkMissing(pairs, defaults));
  }
  *#linkMissing(pairs: readonly Pair[], defaults: Values): Operation<void> {
    const { ownKey, targetKey } = this.#relation;
    const known = (yield* list(
      this.#pairs.filter({
        [`${ownKey.name}__in`]: pairs.map(([own]) => own),
        [`${targetKey.name}__in`]: pairs.map(([, target]) => target),
      }),
    )) as ModelInstance[];
    const isKnown = ([own, target]: Pair) =>
      known.some(
        (row) => isSameKey(row[ownKey.attribute], own) && isSameKey(row[targetKey.attribute], target),
      );
    const missing = pairs.filter((pair) => !isKnown(pair));
    if (missing.length > 0) yield* bulkCreate(this.#pairs, this.#rows(missing, defaults));
  }
  #rows(pairs: readonly Pair[], defaults: Values): Values[] {
    const { ownKey, targetKey } = this.#relation;
    return pairs.map(([own, target]) => ({
      ...defaults,
      [ownKey.attribute]: own,
      [targetKey.attribute]: target,
    }));
  }
  /** What pairs hold of the other side: keys as they are given, those of instances read first where they were left out. */
  *#keysOf(objects: readonly unknown[]): Operation<unknown[]> {
    const { target, targetKey } = this.#relation;
    const rows = objects.filter((object) => isInstance(object) && object[metaKey].isA(target));
    yield* loadMissing(rows as ModelInstance[], [targetKey.targetField]);
    return objects.map((object) => this.#keyOf(object));
  }
  #keyOf(object: unknown): unknown {
    const { target, targetKey } = this.#relation;
    if (!isInstance(object)) {
      if (typeof object === 'object' && object !== null && !isObjectKey(object)) requireModel(target, object);
      return targetKey.targetField.convert(object);
    }
    requireModel(target, object);
    const key = (object as ModelInstance)[targetKey.targetField.attribute];
    if (key === null || key === undefined) {
      throw new ValueError(
        `Cannot add "${describe(object)}": the value for field "${targetKey.name}" is None`,
      );
    }
    return key;
  }

  *remove(given: readonly unknown[]): Operation<void> {
    const [objects] = withOptions('remove', given);
    if (objects.length === 0) return;
    this.#forget();
    const keys = yield* this.#keysOf(objects);
    yield* this.#unlink((pairs, other) => pairs.filter({ [`${other.name}__in`]: keys }));
  }
  *clear(options: RelatedOptions = {}): Operation<void> {
    requireRelatedOptions('clear', options);
    this.#forget();
    yield* this.#unlink((pairs) => pairs);
  }
  /** The pairs whose other side the manager offers: it may be one that narrows, and changes nothing else. */
  #offeredOf(pairs: QuerySet, key: ForeignKeyField): QuerySet {
    const offered = this.#making.everybodys();
    if (isEverything(offered)) return pairs;
    const values = offered.using(this.#alias).orderBy().values(key.targetField.name);
    return pairs.filter({ [`${key.name}__in`]: values });
  }
  /**
   * Deletes pairs, and where the relation holds both ways those of the other way, too.
   *
   * @param chosen which of the pairs, `other` being their key to the other side
   */
  *#unlink(chosen: (pairs: QuerySet, other: ForeignKeyField) => QuerySet): Operation<void> {
    const { ownKey, targetKey, symmetrical } = this.#relation;
    const unlink = (own: ForeignKeyField, other: ForeignKeyField) =>
      deletePairs(chosen(this.#offeredOf(this.#pairs.filter({ [own.name]: this.#key }), other), other));
    if (!symmetrical) {
      yield* unlink(ownKey, targetKey);
      return;
    }
    yield* atomically(this.#alias, { savepoint: false }, function* (): Operation<void> {
      yield* unlink(ownKey, targetKey);
      yield* unlink(targetKey, ownKey);
    });
  }
  *set(given: Iterable<unknown>, options: RelatedOptions = {}): Operation<void> {
    requireRelatedOptions('set', options);
    this.#requireLinkable('set', options);
    const objects = listGiven('set', given, 'instances or keys');
    const wanted = distinctKeys(yield* this.#keysOf(objects));
    yield* atomically(this.#alias, { savepoint: false }, () => this.#replace(wanted, options));
  }
  *#replace(wanted: readonly unknown[], options: RelatedOptions): Operation<void> {
    if (options.clear === true) {
      yield* this.clear();
      return yield* this.#link(wanted, options);
    }
    const { targetKey } = this.#relation;
    const pairs = (yield* list(this.#offeredOf(this.#ownPairs, targetKey))) as ModelInstance[];
    const current = distinctKeys(pairs.map((pair) => pair[targetKey.attribute]));
    yield* this.remove(without(current, wanted));
    yield* this.#link(without(wanted, current), options);
  }
}

/** Those of the keys that are not among others. */
function without(keys: readonly unknown[], others: readonly unknown[]): unknown[] {
  const left = new Set(others.map(keyId));
  return keys.filter((key) => !left.has(keyId(key)));
}

/** Pairs go as the through model's own query sets delete. */
function deletePairs(pairs: QuerySet): Operation<unknown> {
  return throughOwn(pairs, 'delete', [], () => deleteRows(pairs));
}
