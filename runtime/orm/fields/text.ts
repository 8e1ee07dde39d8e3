import { isIP } from 'node:net';
import { describe, shown } from '../describe.ts';
import { ValidationError, ValueError } from '../errors.ts';
import { storable } from '../models/naming.ts';
import { maxLength as longest } from '../validators/limits.ts';
import { type BinaryForm, textualForm, varcharForm } from './binary.ts';
import { type Choice, listedChoices } from './choices.ts';
import { type Decoder, type Family, Field, textDecoder } from './field.ts';

export class TextField extends Field {
  readonly typeName: string = 'TextField';
  readonly family: Family = 'text';
  readonly decoder: Decoder = textDecoder;

  override get binary(): BinaryForm {
    return textualForm;
  }
  databaseType(): string {
    return 'text';
  }
  convert(value: unknown): unknown {
    if (typeof value === 'string') return storable(value);
    if (typeof value === 'number' || typeof value === 'bigint' || typeof value === 'boolean')
      return String(value);
    throw new ValueError(`Field '${this.name}' expected a string but got ${describe(value)}.`);
  }
}

export class CharField extends TextField {
  override readonly typeName: string = 'CharField';
  readonly maxLength: number | undefined;

  constructor(maxLength: number | undefined) {
    super();
    if (maxLength !== undefined && !(Number.isInteger(maxLength) && maxLength > 0)) {
      throw new ValueError("'maxLength' must be a positive integer.");
    }
    this.maxLength = maxLength;
  }
  override databaseType(): string {
    return this.maxLength === undefined ? 'varchar' : `varchar(${this.maxLength})`;
  }
  override get binary(): BinaryForm {
    return varcharForm;
  }
  override castType(): string {
    return 'varchar';
  }
  protected override *checks(given: unknown, converted: unknown): Iterable<() => void> {
    yield* super.checks(given, converted);
    const { maxLength } = this;
    if (maxLength !== undefined) yield () => longest(maxLength)(converted as string);
  }
}

/** A text column whose values must look a certain way when they are validated. */
export class PatternField extends CharField {
  override readonly typeName: string;
  readonly #check: (value: string) => void;

  constructor(typeName: string, maxLength: number, check: (value: string) => void) {
    super(maxLength);
    this.typeName = typeName;
    this.#check = check;
  }
  protected override copy(): this {
    return Object.assign(new PatternField(this.typeName, this.maxLength ?? 255, this.#check), this) as this;
  }
  protected override *checks(given: unknown, converted: unknown): Iterable<() => void> {
    yield () => this.#check(converted as string);
    yield* super.checks(given, converted);
  }
}

/** One of a fixed list of strings; the database checks it too. */
export class ChoiceField extends CharField {
  override readonly typeName: string = 'CharField';
  readonly listed: readonly Choice[];

  /** @param given the strings, each its own label, or one object of labels by string */
  constructor(given: readonly unknown[]) {
    const listed = listedChoices(given);
    super(Math.max(1, ...listed.map(([choice]) => (choice as string).length)));
    this.listed = listed;
  }
  override get choices(): readonly Choice[] {
    return super.choices ?? this.listed;
  }
  override columnCheck(quotedColumn: string, literal: (text: string) => string): string | undefined {
    // An enumerated type has the values itself.
    if (this.serverType !== undefined) return undefined;
    return `${quotedColumn} IN (${this.listed.map(([choice]) => literal(choice as string)).join(', ')})`;
  }
}
export class UuidField extends Field {
  readonly typeName = 'UUIDField';
  readonly family = 'uuid';
  readonly decoder = textDecoder;

  databaseType(): string {
    return 'uuid';
  }
  convert(value: unknown): unknown {
    // Every form that Python's UUID takes; the database's own is the one with hyphens.
    const digits = typeof value === 'string' ? value.replace(/^urn:uuid:|^\{|\}$|-/gi, '') : '';
    if (/^[0-9a-f]{32}$/i.test(digits)) {
      return digits.toLowerCase().replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
    }
    throw new ValidationError(`“${shown(value)}” is not a valid UUID.`, { code: 'invalid' });
  }
}

export class IpField extends Field {
  readonly typeName = 'GenericIPAddressField';
  readonly family = 'ip';
  readonly decoder = textDecoder;

  databaseType(): string {
    return 'inet';
  }
  convert(value: unknown): unknown {
    if (typeof value === 'string') {
      const [address = '', length, ...more] = value.split('/');
      const version = isIP(address);
      const longest = version === 4 ? 32 : 128;
      const fits = length === undefined || (/^\d{1,3}$/.test(length) && Number(length) <= longest);
      if (version !== 0 && fits && more.length === 0 && !address.includes('%')) return value;
    }
    throw new ValidationError('Enter a valid IPv4 or IPv6 address.', { code: 'invalid' });
  }
}
