import type { CountryCode } from 'libphonenumber-js/min';
import type { AttributeValue, Channel, Identifier } from '../model/person.ts';
import { type CsvMapping, peopleFromCsv } from './csv-people.ts';
import { type Consents, instantOf, type Read, type Vouch } from './draft.ts';
import { parseExact } from './exact-json.ts';
import { isObject, objectsOf } from './ndjson.ts';
import { internationalPhone } from './phone.ts';

/**
 * `vouch`: the exports as CSV say who has subscribed and not since when. With the time of the export their columns are
 * consents and withdrawals as of then; without it they are neither.
 */
type Options = { vouch: Vouch | undefined; country: CountryCode | undefined };

/** A customer's number at the shop, as the person's id, and as the handle by which orders name them (`core/purchases/`). */
const SHOPIFY_PREFIX = 'shopify-';
const SQUARE_PREFIX = 'square-';

/**
 * Customers of Shopify: the CSV of the admin's export, the Admin API's REST answer (`{"customers": […]}`), or a customer a
 * line, as REST or GraphQL (bulk operations) write them. Their names, handles, country, region and tags; what they bought comes with orders.
 *
 * Sources: help.shopify.com/en/manual/customers/import-export-customers, shopify.dev/docs/api/admin-rest/latest/resources/customer,
 * shopify.dev/docs/api/admin-graphql/latest/objects/Customer
 */
export function* peopleFromShopify(text: string, options: Options): Generator<Read> {
  const start = text.trimStart().charAt(0);
  if (start !== '{' && start !== '[')
    yield* peopleFromCsv(text, (columns) => shopifyColumns(columns, options), options.country);
  else for (const { line, value } of customersIn(text)) yield readCustomer(line, value, options);
}

/** Square's export of the customer directory. Source: squareup.com/help, “Export your customer directory”. */
export function peopleFromSquare(text: string, options: Options): Generator<Read> {
  return peopleFromCsv(text, (columns) => squareColumns(columns, options), options.country);
}

function shopifyColumns(columns: readonly string[], { vouch }: Options): CsvMapping {
  const consent = (column: string, channel: Channel) => ({
    ...{ purpose: 'marketing' as const, channel, column, granted: ['yes', 'true', 'subscribed'], nothing: ['pending'] },
    at: vouch?.at ?? '',
    source: vouch?.source ?? '',
  });
  return {
    personId: { column: 'Customer ID', prefix: SHOPIFY_PREFIX },
    member: { column: 'Customer ID', prefix: SHOPIFY_PREFIX },
    ...present(columns, { email: 'Email', phone: 'Phone' }),
    attributes: present(columns, {
      firstName: 'First Name',
      lastName: 'Last Name',
      country: columns.includes('Default Address Country Code') ? 'Default Address Country Code' : 'Country Code',
      region: columns.includes('Default Address Province Code') ? 'Default Address Province Code' : 'Province Code',
      tags: { column: 'Tags', type: 'list', separator: ',' },
    }),
    set: {},
    consents: [consent('Accepts Email Marketing', 'email'), consent('Accepts SMS Marketing', 'sms')].filter(
      ({ column }) => vouch && columns.includes(column),
    ),
  };
}

function squareColumns(columns: readonly string[], { vouch }: Options): CsvMapping {
  const status = {
    column: 'Email Subscription Status',
    granted: ['subscribed'],
    nothing: ['unknown', 'none', 'pending'],
  };
  return {
    personId: { column: 'Square Customer ID', prefix: SQUARE_PREFIX },
    member: { column: 'Square Customer ID', prefix: SQUARE_PREFIX },
    ...present(columns, { email: 'Email Address', phone: 'Phone Number' }),
    attributes: present(columns, {
      firstName: 'First Name',
      lastName: 'Last Name',
      company: 'Company Name',
      referenceId: 'Reference ID',
    }),
    set: {},
    consents:
      vouch && columns.includes(status.column) ? [{ purpose: 'marketing', channel: 'email', ...status, ...vouch }] : [],
  };
}

/** The part of a mapping whose columns the table has: exports of other years have others. */
function present<Spec extends string | { column: string }>(columns: readonly string[], specs: Record<string, Spec>) {
  return Object.fromEntries(
    Object.entries(specs).filter(([, spec]) => columns.includes(typeof spec === 'string' ? spec : spec.column)),
  );
}

/** Customers by line, or by place in the list where the text is one answer of the API. */
function* customersIn(text: string): Generator<{ line: number; value: Record<string, unknown> | string }> {
  const list = answerOf(text);
  if (!list) yield* objectsOf(text, parseExact);
  else
    for (const [index, item] of list.entries())
      yield { line: index + 1, value: isObject(item) ? item : 'is not a JSON object' };
}

function answerOf(text: string): unknown[] | undefined {
  try {
    const document = parseExact(text);
    if (Array.isArray(document)) return document;
    return isObject(document) && Array.isArray(document.customers) ? document.customers : undefined;
  } catch {
    return undefined;
  }
}

/** A customer of Shopify's: what REST, webhooks and GraphQL call the same thing. */
export function readCustomer(
  line: number,
  customer: Record<string, unknown> | string,
  { vouch, country }: Options,
): Read {
  if (typeof customer === 'string') return { line, reason: customer };
  const id = /^(?:gid:\/\/shopify\/Customer\/)?(\d{1,20})$/.exec(String(customer.id))?.[1];
  if (id === undefined) return { line, reason: 'is no id of a customer', pointer: '/id' };
  const address = objectAt(customer, 'default_address', 'defaultAddress');
  const phones = objectAt(customer, 'defaultPhoneNumber');
  const emails = objectAt(customer, 'defaultEmailAddress');
  const identifiers: Identifier[] = [{ kind: 'member', value: SHOPIFY_PREFIX + id }];
  const email = textAt(customer, 'email') ?? textAt(emails, 'emailAddress');
  const phone = textAt(customer, 'phone') ?? textAt(phones, 'phoneNumber');
  if (email !== undefined) identifiers.push({ kind: 'email', value: email });
  if (phone !== undefined) identifiers.push({ kind: 'phone', value: internationalPhone(phone, country) });
  const attributes: Record<string, AttributeValue | undefined> = {
    firstName: textAt(customer, 'first_name', 'firstName'),
    lastName: textAt(customer, 'last_name', 'lastName'),
    country: textAt(address, 'country_code', 'countryCodeV2', 'countryCode'),
    region: textAt(address, 'province_code', 'provinceCode'),
    tags: tagsOf(customer.tags),
  };
  const updatedAt = textAt(customer, 'updated_at', 'updatedAt');
  const consents = [
    ...consentsOf(
      'email',
      objectAt(customer, 'email_marketing_consent', 'emailMarketingConsent') ?? emails,
      vouch,
      updatedAt,
    ),
    ...consentsOf(
      'sms',
      objectAt(customer, 'sms_marketing_consent', 'smsMarketingConsent') ?? phones,
      vouch,
      updatedAt,
    ),
  ];
  return {
    line,
    personId: SHOPIFY_PREFIX + id,
    person: {
      identifiers,
      attributes: Object.fromEntries(Object.entries(attributes).filter(([, value]) => value !== undefined)),
      consents,
    },
  };
}

/**
 * What Shopify knows of a channel: `subscribed` since a time is a consent; `unsubscribed` and `redacted` are withdrawals,
 * at the latest when the customer was last changed; `not_subscribed`, `pending` and `invalid` are neither.
 */
function consentsOf(
  channel: Channel,
  state: Record<string, unknown> | undefined,
  vouch: Vouch | undefined,
  updatedAt: string | undefined,
): Consents {
  const says = textAt(state, 'state', 'marketingState')?.toLowerCase();
  const since = textAt(state, 'consent_updated_at', 'consentUpdatedAt', 'marketingUpdatedAt');
  const proof = textAt(state, 'opt_in_level', 'consentOptInLevel', 'marketingOptInLevel')?.toLowerCase();
  const about = { purpose: 'marketing', channel, source: vouch?.source ?? 'shopify', ...(proof && { proof }) } as const;
  const at = instantOf(since ?? '') ?? vouch?.at;
  if (says === 'subscribed') return at === undefined ? [] : [{ ...about, granted: true, at }];
  if (says !== 'unsubscribed' && says !== 'redacted') return [];
  const withdrawnAt = at ?? instantOf(updatedAt ?? '');
  return withdrawnAt === undefined ? [] : [{ ...about, granted: false, at: withdrawnAt }];
}

function tagsOf(tags: unknown): string[] | undefined {
  const list: unknown[] = typeof tags === 'string' ? tags.split(',') : Array.isArray(tags) ? tags : [];
  const named = list.flatMap((tag) => (typeof tag === 'string' ? tag.trim() || [] : []));
  return named.length > 0 ? named : undefined;
}

function textAt(record: Record<string, unknown> | undefined, ...names: string[]): string | undefined {
  for (const name of names) {
    const value = record?.[name];
    if (typeof value === 'string' && value !== '') return value;
  }
  return undefined;
}

function objectAt(record: Record<string, unknown>, ...names: string[]): Record<string, unknown> | undefined {
  return names.map((name) => record[name]).find(isObject);
}
