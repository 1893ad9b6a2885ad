import { createHmac } from 'node:crypto';
import { internationalPhone, isCountry } from '../imports/phone.ts';
import {
  type Fields,
  fieldsOf,
  identifierOf,
  identifiersOf,
  idOf,
  type ShopOptions,
  textOf,
} from '../purchases/fields.ts';
import { purchaseFromSquareOrder, purchaseFromSquarePayment, squareMember } from '../purchases/from-square.ts';
import { type DoorMessage, isOneOf } from '../signals/heard.ts';
import { nothing, purchaseNews, type ShopCustomer, type ShopNews, type ShopTold } from './news.ts';

/** How a Square connector knows its messages: the subscription's signature keys, and the URL that it was given. */
export type SquareKey = { keys: string | readonly string[]; notificationUrl: string };

/** Square's ids are at most 192 characters; ours, with a prefix, 64. */
const CUSTOMER_ID = /^[A-Za-z0-9._-]{1,57}$/;

/**
 * A webhook of Square's: `x-square-hmacsha256-signature` is the HMAC-SHA256 of the notification URL and the body's bytes
 * under the subscription's signature key, in base64. All that it says is signed.
 *
 * https://developer.squareup.com/docs/webhooks/step3validate
 */
export function hearSquare(message: DoorMessage, { keys, notificationUrl }: SquareKey, options: ShopOptions): ShopTold {
  const { bytes, headers } = message;
  const signatureOf = (key: string) => createHmac('sha256', key).update(notificationUrl).update(bytes).digest('base64');
  if (!isOneOf(headers['x-square-hmacsha256-signature'] ?? '', [keys].flat().map(signatureOf))) {
    return {
      refused: 'x-square-hmacsha256-signature is not that of the connector’s notificationUrl and this body',
    };
  }
  const body = fieldsOf(message.parse(bytes));
  const eventId = textOf(body.event_id);
  return { news: newsOf(body, options), messageIds: eventId === undefined ? [] : [`id/${eventId.slice(0, 256)}`] };
}

function newsOf({ type, data }: Fields, options: ShopOptions): ShopNews {
  const object = fieldsOf(fieldsOf(data).object);
  switch (type) {
    case 'payment.created':
    case 'payment.updated':
      return purchaseNews(purchaseFromSquarePayment(object.payment, options));
    case 'order.created':
    case 'order.updated':
      return object.order === undefined
        ? nothing('other-event')
        : purchaseNews(purchaseFromSquareOrder(object.order, options));
    case 'customer.created':
    case 'customer.updated': {
      const customer = personFromSquareCustomer(object.customer);
      return customer ? { about: 'customer', customer } : nothing('no-person');
    }
    case 'customer.deleted':
      return deletionNews(fieldsOf(data), object);
    default:
      return nothing('other-event');
  }
}

/** Square has no other word for an erasure. Of two records that were made one, one is deleted as well: nobody goes. */
function deletionNews(data: Fields, { customer, event_context }: Fields): ShopNews {
  if (fieldsOf(event_context).merge !== undefined) return nothing('merged');
  const { id, email_address, phone_number } = fieldsOf(customer);
  const customerId = idOf(id) ?? idOf(data.id) ?? '';
  if (!CUSTOMER_ID.test(customerId)) return nothing('no-person');
  const handles = identifiersOf(
    squareMember(customerId),
    identifierOf('email', textOf(email_address)),
    identifierOf('phone', textOf(phone_number)),
  );
  return { about: 'erasure', person: { personId: `square-${customerId}`, handles } };
}

/**
 * A customer of Square's directory: handles, names, country and region. It knows no consent; who has unsubscribed from
 * emails has withdrawn. Undefined for what is no customer.
 */
function personFromSquareCustomer(customer: unknown): ShopCustomer | undefined {
  const fields = fieldsOf(customer);
  const customerId = idOf(fields.id) ?? '';
  const updatedAt = textOf(fields.updated_at) ?? textOf(fields.created_at) ?? '';
  if (!CUSTOMER_ID.test(customerId) || !(Date.parse(updatedAt) >= 0)) return undefined;
  const at = new Date(updatedAt).toISOString();
  const address = fieldsOf(fields.address);
  const country = textOf(address.country);
  const phone = textOf(fields.phone_number);
  const attributes = {
    firstName: textOf(fields.given_name),
    lastName: textOf(fields.family_name),
    company: textOf(fields.company_name),
    country,
    region: textOf(address.administrative_district_level_1),
  };
  const isUnsubscribed = fieldsOf(fields.preferences).email_unsubscribed === true;
  return {
    personId: `square-${customerId}`,
    updatedAt: at,
    // Square leaves out what is empty.
    without: [
      ...(textOf(fields.email_address) === undefined ? (['email'] as const) : []),
      ...(phone === undefined ? (['phone'] as const) : []),
    ],
    person: {
      identifiers: identifiersOf(
        identifierOf('email', textOf(fields.email_address)),
        identifierOf('phone', phone && internationalPhone(phone, country && isCountry(country) ? country : undefined)),
        squareMember(customerId),
        identifierOf('member', textOf(fields.reference_id)),
      ),
      attributes: Object.fromEntries(Object.entries(attributes).filter(([, value]) => value !== undefined)),
      consents: isUnsubscribed
        ? [{ purpose: 'marketing', channel: 'email', granted: false, at, source: 'square' }]
        : [],
    },
  };
}
