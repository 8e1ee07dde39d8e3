import { describe } from '../describe.ts';
import { ValueError } from '../errors.ts';
import { nameOf, type Registrable } from '../lookups/registered.ts';
import { requireCollation } from '../models/naming.ts';
import { isOptions } from '../options.ts';
import { choicesOf } from './choices.ts';
import type { Field, Period } from './field.ts';

/** What `fields.char(100)` returns: the chain an application writes. Each step gives a new description. */
export class FieldDescription {
  readonly field: Field;

  constructor(field: Field) {
    this.field = field;
  }
  get kind(): string {
    return this.field.kind;
  }
  null(): FieldDescription {
    return new FieldDescription(this.field.with({ nullable: true }));
  }
  default(value: unknown): FieldDescription {
    return new FieldDescription(this.field.with({ hasDefault: true, defaultValue: value }));
  }
  dbDefault(value: unknown): FieldDescription {
    return new FieldDescription(this.field.with({ dbDefault: value }));
  }
  unique(): FieldDescription {
    return new FieldDescription(this.field.with({ unique: true }));
  }
  index(): FieldDescription {
    return new FieldDescription(this.field.with({ index: true }));
  }
  primaryKey(): FieldDescription {
    return new FieldDescription(this.field.with({ primaryKey: true }));
  }
  column(name: string): FieldDescription {
    return new FieldDescription(this.field.with({ column: name }));
  }
  dbComment(text: string): FieldDescription {
    if (typeof text !== 'string') throw new TypeError(`A comment is a string, not ${describe(text)}.`);
    return new FieldDescription(this.field.with({ comment: text }));
  }
  dbCollation(name: string): FieldDescription {
    const { family, typeName } = this.field;
    if (family !== 'text') throw new TypeError(`dbCollation() is for texts, not for ${typeName}.`);
    requireCollation(name);
    return new FieldDescription(this.field.with({ collation: name }));
  }
  databaseType(name: string): FieldDescription {
    if (!/^[\p{L}_"][\p{L}\p{N}_$ ".,()]*(?:\[\])*$/u.test(name))
      throw new ValueError(`'${name}' is no name of a type.`);
    return new FieldDescription(this.field.storedAs(name));
  }
  validate(check: (value: never) => void): FieldDescription {
    const validators = [...this.field.options.validators, check];
    return new FieldDescription(this.field.with({ validators }));
  }
  blank(): FieldDescription {
    return new FieldDescription(this.field.with({ blank: true }));
  }
  errorMessages(given: Readonly<Record<string, string>>): FieldDescription {
    if (!isOptions(given) || !Object.values(given).every((message) => typeof message === 'string'))
      throw new TypeError(`errorMessages() takes an object of messages by code, not ${describe(given)}.`);
    return new FieldDescription(
      this.field.with({ errorMessages: { ...this.field.options.errorMessages, ...given } }),
    );
  }
  uniqueForDate(field: string): FieldDescription {
    return this.#uniqueFor('date', field);
  }
  uniqueForMonth(field: string): FieldDescription {
    return this.#uniqueFor('month', field);
  }
  uniqueForYear(field: string): FieldDescription {
    return this.#uniqueFor('year', field);
  }
  #uniqueFor(period: Period, field: string): FieldDescription {
    return new FieldDescription(
      this.field.with({ uniqueFor: { ...this.field.options.uniqueFor, [period]: field } }),
    );
  }
  choices(given: unknown): FieldDescription {
    return new FieldDescription(this.field.with({ choices: choicesOf(given) }));
  }
  /** Adds a lookup or transform that only this field has. */
  registerLookup(given: Registrable, name?: string): FieldDescription {
    const field = this.field.with({});
    field.ownLookups = new Map(this.field.ownLookups).set(nameOf(given, name), given);
    return new FieldDescription(field);
  }
  autoNow(): FieldDescription {
    this.#requireDate('autoNow');
    return new FieldDescription(this.field.with({ autoNow: true }));
  }
  autoNowAdd(): FieldDescription {
    this.#requireDate('autoNowAdd');
    return new FieldDescription(this.field.with({ autoNowAdd: true }));
  }
  #requireDate(modifier: string): void {
    const { family, typeName } = this.field;
    if (family === 'date' || family === 'dateTime') return;
    throw new TypeError(`${modifier}() is for dates and date-times, not for ${typeName}.`);
  }
}
