import type { CountryCode } from 'libphonenumber-js/min';
import * as z from 'zod/mini';
import { IdSchema, InstantSchema } from '../model/common.ts';
import {
  AttributeNameSchema,
  AttributeSchema,
  type AttributeValue,
  CHANNELS,
  CONSENT_PURPOSES,
  IDENTIFIER_KINDS,
  type Identifier,
} from '../model/person.ts';
import { csvRows } from './csv.ts';
import { type Consents, instantOf, plain, type Read } from './draft.ts';
import { internationalPhone, isCountry } from './phone.ts';

const NameSchema = z.string().check(z.minLength(1), z.maxLength(200));
const CountrySchema = z.string().check(z.refine(isCountry, 'must be a country, such as CN'));

/** A column by its name in the first line. `country`: where a phone number without one is dialled. */
const HandleColumnSchema = z.union([
  NameSchema,
  z.strictObject({
    column: NameSchema,
    prefix: z.optional(z.string().check(z.maxLength(32))),
    country: z.optional(CountrySchema),
  }),
]);
const AttributeColumnSchema = z.union([
  NameSchema,
  z.strictObject({
    column: NameSchema,
    type: z._default(z.enum(['text', 'number', 'boolean', 'time', 'list']), 'text'),
    /** Between the items of a list. */
    separator: z._default(z.string().check(z.minLength(1), z.maxLength(3)), ','),
  }),
]);
const ConsentColumnSchema = z.strictObject({
  purpose: z.enum(CONSENT_PURPOSES),
  channel: z.enum([...CHANNELS, 'any']),
  column: NameSchema,
  /** What the column says when they agreed; upper and lower case are the same. */
  granted: z.array(z.string()).check(z.minLength(1), z.maxLength(20)),
  /** What it says when they withdrew; without it, everything else but nothing. */
  withdrawn: z.optional(z.array(z.string()).check(z.maxLength(20))),
  /** What it says when they said nothing: `pending`. An empty cell always does. */
  nothing: z._default(z.array(z.string()).check(z.maxLength(20)), []),
  /** A column with the time, or one time for all. */
  at: NameSchema,
  source: z.string().check(z.minLength(1), z.maxLength(200)),
  programme: z.optional(IdSchema),
});

/** Which columns of a CSV are what. A person is patched: what no column says, and what a cell leaves empty, stays. */
export const CsvMappingSchema = z.strictObject({
  personId: HandleColumnSchema,
  ...(Object.fromEntries(IDENTIFIER_KINDS.map((kind) => [kind, z.optional(HandleColumnSchema)])) as Record<
    Identifier['kind'],
    z.ZodMiniOptional<typeof HandleColumnSchema>
  >),
  attributes: z._default(z.record(AttributeNameSchema, AttributeColumnSchema), {}),
  /** Set on everybody in the file: `{"cameFrom": "webshop"}`. */
  set: z._default(z.record(AttributeNameSchema, AttributeSchema), {}),
  consents: z._default(z.array(ConsentColumnSchema).check(z.maxLength(20)), []),
});
export type CsvMapping = z.infer<typeof CsvMappingSchema>;

/** A first line without a column that the mapping names: nothing of the file can be read. */
export class MissingColumnError extends Error {
  override name = 'MissingColumnError';
  readonly column: string;
  constructor(column: string) {
    super(`the first line has no column ${column}`);
    this.column = column;
  }
}

/**
 * People of a CSV with a header line.
 * @param mapping or what it is for a table with those columns
 * @throws MissingColumnError
 */
export function* peopleFromCsv(
  text: string,
  mapping: CsvMapping | ((columns: readonly string[]) => CsvMapping),
  country?: CountryCode,
): Generator<Read> {
  let read: ((cells: string[]) => { personId: string; person: unknown } | string) | undefined;
  for (const row of csvRows(text)) {
    if (!row.ok) yield { line: row.line, reason: row.reason };
    else if (!read) {
      const columns = row.value.map((name) => name.trim());
      read = readerOf(columns, typeof mapping === 'function' ? mapping(columns) : mapping, country);
    } else {
      const person = read(row.value);
      yield typeof person === 'string' ? { line: row.line, reason: person } : { line: row.line, ...person };
    }
  }
}

type Cell = (index: number) => string;
type Person = { identifiers: Identifier[]; attributes: Record<string, AttributeValue>; consents: Consents };
/** Puts what one part of the mapping finds in a row into the person; or says what is wrong with it. */
type Part = (cell: Cell, person: Person) => string | undefined;

/** What reads the rows of a table with that header. */
function readerOf(names: readonly string[], mapping: CsvMapping, country: CountryCode | undefined) {
  const indexOf = (column: string): number => {
    const index = names.indexOf(column);
    if (index < 0) throw new MissingColumnError(column);
    return index;
  };
  const id = handleOf(mapping.personId);
  const idIndex = indexOf(id.column);
  const parts: Part[] = [
    ...IDENTIFIER_KINDS.flatMap((kind) => {
      const spec = mapping[kind];
      return spec === undefined ? [] : [identifierPart(kind, handleOf(spec), indexOf, country)];
    }),
    ...Object.entries(mapping.attributes).map(([name, spec]) => attributePart(name, spec, indexOf)),
    ...mapping.consents.map((spec) => consentPart(spec, indexOf)),
  ];
  return (cells: string[]) => {
    if (cells.length > names.length) return 'has more cells than the first line';
    const cell: Cell = (index) => plain(cells[index]);
    const person: Person = { identifiers: [], attributes: {}, consents: [] };
    for (const part of parts) {
      const fault = part(cell, person);
      if (fault !== undefined) return fault;
    }
    const personId = cell(idIndex);
    if (personId === '') return `says not who it is: column ${id.column} is empty`;
    Object.assign(person.attributes, mapping.set);
    return { personId: id.prefix + personId, person };
  };
}

type Handle = { column: string; prefix: string; country?: string | undefined };
const handleOf = (spec: z.infer<typeof HandleColumnSchema>): Handle =>
  typeof spec === 'string' ? { column: spec, prefix: '' } : { prefix: '', ...spec };

type IndexOf = (column: string) => number;

function identifierPart(
  kind: Identifier['kind'],
  { column, prefix, country: own }: Handle,
  indexOf: IndexOf,
  country: CountryCode | undefined,
): Part {
  const index = indexOf(column);
  const dialledIn = own !== undefined && isCountry(own) ? own : country;
  return (cell, { identifiers }) => {
    const value = cell(index);
    if (value === '') return;
    identifiers.push({ kind, value: prefix + (kind === 'phone' ? internationalPhone(value, dialledIn) : value) });
  };
}

function attributePart(name: string, spec: z.infer<typeof AttributeColumnSchema>, indexOf: IndexOf): Part {
  const { column, type, separator } = typeof spec === 'string' ? { column: spec, type: 'text', separator: ',' } : spec;
  const index = indexOf(column);
  return (cell, { attributes }) => {
    const text = cell(index);
    if (text === '') return;
    const value = READ[type as AttributeType](text, separator);
    if (value === undefined) return `has no ${type} in column ${column}`;
    attributes[name] = value;
  };
}

function consentPart(spec: CsvMapping['consents'][number], indexOf: IndexOf): Part {
  const index = indexOf(spec.column);
  const fixedAt = InstantSchema.safeParse(spec.at).success ? spec.at : undefined;
  const atIndex = fixedAt === undefined ? indexOf(spec.at) : -1;
  return (cell, { consents }) => {
    const text = cell(index);
    if (text === '') return;
    const consent = consentOf(text, fixedAt ?? cell(atIndex), spec);
    if (typeof consent === 'string') return consent;
    if (consent) consents.push(consent);
  };
}

const BOOLEANS = new Map([
  ['true', true],
  ['yes', true],
  ['1', true],
  ['false', false],
  ['no', false],
  ['0', false],
]);

type AttributeType = 'text' | 'number' | 'boolean' | 'time' | 'list';
const READ: Record<AttributeType, (text: string, separator: string) => AttributeValue | undefined> = {
  text: (text) => text,
  number: (text) => (/^[+-]?\d{1,15}(\.\d{1,15})?$/.test(text) ? Number(text) : undefined),
  boolean: (text) => BOOLEANS.get(text.toLowerCase()),
  time: instantOf,
  list: (text, separator) => text.split(separator).flatMap((item) => item.trim() || []),
};

function consentOf(
  text: string,
  time: string,
  { purpose, channel, column, granted, withdrawn, nothing, source, programme }: CsvMapping['consents'][number],
): Consents[number] | string | undefined {
  const says = (words: readonly string[]) => words.some((word) => word.toLowerCase() === text.toLowerCase());
  if (says(nothing)) return undefined;
  const isGranted = says(granted);
  if (!isGranted && withdrawn && !says(withdrawn)) {
    return `says in column ${column} neither that they agreed nor that they withdrew`;
  }
  const at = instantOf(time);
  if (at === undefined) return `has a consent in column ${column}, and no time of it`;
  return { purpose, channel, granted: isGranted, at, source, ...(programme !== undefined && { programme }) };
}
