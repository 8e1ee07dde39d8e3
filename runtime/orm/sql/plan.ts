import { createHash } from 'node:crypto';
import type { DriverRequest, ServiceTime } from '../../bridge/messages.ts';
import type { Wire } from '../fields/field.ts';
import type { RowReader } from './reader.ts';
import type { ParameterSource } from './writer.ts';

export interface PlanOptions {
  /** True when the reader wants to know the columns' types. */
  readonly describe: boolean;
  /** True when the statement does nothing but read. */
  readonly reads: boolean;
}

/** A compiled statement: all that remains is to fill in the values. */
export class Plan {
  readonly sql: string;
  readonly #sources: readonly ParameterSource[];
  /** Same on every connection and in every process, so that poolers may share it. */
  readonly #name: string;
  readonly read: RowReader;
  readonly #describe: boolean;
  readonly #service: ServiceTime | undefined;

  constructor(
    sql: string,
    sources: readonly ParameterSource[],
    read: RowReader,
    { describe, reads }: PlanOptions,
  ) {
    this.#describe = describe;
    this.#service = reads ? { typical: Number.POSITIVE_INFINITY } : undefined;
    this.sql = sql;
    this.#sources = sources;
    this.#name = `ma_${createHash('sha1').update(sql).digest('hex').slice(0, 20)}`;
    this.read = read;
  }
  /** The statement for these values of the query set. */
  bind(values: readonly unknown[]): DriverRequest {
    return {
      text: this.sql,
      values: this.parameters(values),
      name: this.#name,
      describe: this.#describe,
      service: this.#service,
    };
  }
  parameters(values: readonly unknown[]): Wire[] {
    return this.#sources.map(({ place, finish }) =>
      finish === undefined ? (values[place] as Wire) : finish(values[place]),
    );
  }
}
