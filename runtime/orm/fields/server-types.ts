import { DateTimeField, DurationField } from './dates.ts';
import { type Decoder, numberDecoder, textDecoder } from './field.ts';
import { BooleanField } from './numbers.ts';
import { ArrayField, BinaryField, JsonField } from './structured.ts';
import { TextField } from './text.ts';

// What columns become whose type no field declares: those of SQL that the application wrote.

/** A bigint stays exact: a number where one can hold it, else a JavaScript bigint. */
const wholeDecoder: Decoder = {
  decode: (text) => (Number.isSafeInteger(Number(text)) ? Number(text) : BigInt(text)),
};
const moment = new DateTimeField().decoder;
/** A timestamp without a zone is one of the active zone, UTC. */
const localMoment: Decoder = { decode: (text) => moment.decode(`${text}+00`) };

/** Types with their arrays, by the numbers of PostgreSQL's catalogue (pg_type.dat), which never change. */
const known: readonly (readonly [type: number, array: number, decoder: Decoder])[] = [
  [16, 1000, new BooleanField().decoder],
  [17, 1001, new BinaryField().decoder],
  [20, 1016, wholeDecoder],
  [21, 1005, numberDecoder],
  [23, 1007, numberDecoder],
  [26, 1028, numberDecoder],
  [700, 1021, numberDecoder],
  [701, 1022, numberDecoder],
  [114, 199, new JsonField().decoder],
  [3802, 3807, new JsonField().decoder],
  [1114, 1115, localMoment],
  [1184, 1185, moment],
  [1186, 1187, new DurationField().decoder],
  // Text stays text, but its arrays have to be read: text, varchar, name, char, numeric, date, time, uuid, inet.
  ...(
    [
      [25, 1009],
      [1043, 1015],
      [19, 1003],
      [1042, 1014],
      [1700, 1231],
      [1082, 1182],
      [1083, 1183],
      [2950, 2951],
      [869, 1041],
    ] as const
  ).map(([type, array]) => [type, array, textDecoder] as const),
];

function arrayOf(decoder: Decoder): Decoder {
  const element = Object.assign(Object.create(new TextField()), { decoder });
  return new ArrayField(element).decoder;
}
const decoders = new Map(
  known.flatMap(([type, array, decoder]) => [
    [type, decoder],
    [array, arrayOf(decoder)],
  ]),
);

/** Decoder of a column by PostgreSQL's number of its type; text where that is not known. */
export function decoderOf(type: number | undefined): Decoder {
  return (type === undefined ? undefined : decoders.get(type)) ?? textDecoder;
}
