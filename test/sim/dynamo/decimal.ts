import { validation } from './errors.ts';

/** DynamoDB's numbers: 38 significant digits, magnitude from 1E-130 to 9.99…E+125. */
const MAX_DIGITS = 38;
const MAX_MAGNITUDE = 125;
const MIN_MAGNITUDE = -130;
/** Fifteen decimal digits survive a double; texts up to this length hold no more of them. */
const EXACT_LENGTH = 15;

const NUMBER = /^([+-]?)(\d*)(?:\.(\d*))?(?:[eE]([+-]?\d+))?$/;
const SHORT_INTEGER = /^(?:0|-?[1-9]\d{0,13})$/;
const PLAIN_INTEGER = /^-?\d+$/;

/** `digits` times ten to the `exponent`; `digits` does not end in zero unless it is zero. */
type Decimal = { digits: bigint; exponent: number };

/** A number's only spelling: plain, without exponent or needless zeros. Throws a ValidationException for any other text. */
export function canonicalNumber(text: string): string {
  return SHORT_INTEGER.test(text) ? text : spell(within(parse(text)));
}

/** Order of two canonical numbers: negative, 0 or positive. */
export function compareNumbers(a: string, b: string): number {
  if (a.length <= EXACT_LENGTH && b.length <= EXACT_LENGTH) return Number(a) - Number(b);
  const difference = sum(parse(a), negated(parse(b))).digits;
  if (difference === 0n) return 0;
  return difference < 0n ? -1 : 1;
}

/** Exact sum of two canonical numbers; throws where DynamoDB would have to round. */
export function addNumbers(a: string, b: string): string {
  if (areShortIntegers(a, b)) return String(Number(a) + Number(b));
  return spell(within(sum(parse(a), parse(b))));
}

/** Exact difference `a - b` of two canonical numbers. */
export function subtractNumbers(a: string, b: string): string {
  if (areShortIntegers(a, b)) return String(Number(a) - Number(b));
  return spell(within(sum(parse(a), negated(parse(b)))));
}

/** The pairs of digits, counted from the decimal point, between the first and the last that are not zero. */
export function digitPairs(canonical: string): number {
  const [whole = '', fraction = ''] = canonical.replace('-', '').split('.');
  if (fraction === '' && whole !== '0') return Math.ceil(whole.length / 2) - Math.floor(zerosAtEnd(whole) / 2);
  const digits = (whole.length % 2 === 1 ? '0' : '') + whole + fraction + (fraction.length % 2 === 1 ? '0' : '');
  return digits.replace(/^(?:00)+/, '').replace(/(?:00)+$/, '').length / 2;
}

function zerosAtEnd(digits: string): number {
  let end = digits.length;
  while (digits[end - 1] === '0') end -= 1;
  return digits.length - end;
}

const areShortIntegers = (a: string, b: string): boolean =>
  a.length < EXACT_LENGTH && b.length < EXACT_LENGTH && PLAIN_INTEGER.test(a) && PLAIN_INTEGER.test(b);

const negated = ({ digits, exponent }: Decimal): Decimal => ({ digits: -digits, exponent });

function parse(text: string): Decimal {
  const match = NUMBER.exec(text);
  const [, sign = '', whole = '', fraction = '', power = '0'] = match ?? [];
  if (!match || whole.length + fraction.length === 0)
    throw validation(`The parameter cannot be converted to a numeric value: ${text}`);
  const significant = (whole + fraction).replace(/^0+/, '');
  const trimmed = significant.replace(/0+$/, '');
  if (trimmed === '') return { digits: 0n, exponent: 0 };
  const exponent = Number(power) - fraction.length + significant.length - trimmed.length;
  return { digits: BigInt((sign === '-' ? '-' : '') + trimmed), exponent };
}

function sum(a: Decimal, b: Decimal): Decimal {
  if (a.digits === 0n) return b;
  if (b.digits === 0n) return a;
  const exponent = Math.min(a.exponent, b.exponent);
  const digits = a.digits * 10n ** BigInt(a.exponent - exponent) + b.digits * 10n ** BigInt(b.exponent - exponent);
  return parse(`${digits}e${exponent}`);
}

function within(decimal: Decimal): Decimal {
  if (decimal.digits === 0n) return decimal;
  const length = String(decimal.digits).replace('-', '').length;
  const magnitude = length - 1 + decimal.exponent;
  if (magnitude > MAX_MAGNITUDE)
    throw validation('Number overflow. Attempting to store a number with magnitude larger than supported range');
  if (magnitude < MIN_MAGNITUDE)
    throw validation('Number underflow. Attempting to store a number with magnitude smaller than supported range');
  if (length > MAX_DIGITS) throw validation('Attempting to store more than 38 significant digits in a Number');
  return decimal;
}

function spell({ digits, exponent }: Decimal): string {
  const text = String(digits);
  if (exponent >= 0) return text === '0' ? text : text + '0'.repeat(exponent);
  const sign = text.startsWith('-') ? '-' : '';
  const padded = text.slice(sign.length).padStart(1 - exponent, '0');
  return `${sign}${padded.slice(0, exponent)}.${padded.slice(exponent)}`;
}
