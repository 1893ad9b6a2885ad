/** ISO 4217: currencies whose minor unit is not a hundredth. ICU's figures are those of cash and differ for some. */
const EXPONENTS: Readonly<Record<number, readonly string[]>> = {
  0: 'BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF'.split(' '),
  3: 'BHD IQD JOD KWD LYD OMR TND'.split(' '),
  4: ['CLF', 'UYW'],
};
const exponentOf = (currency: string): number =>
  Number(Object.keys(EXPONENTS).find((exponent) => EXPONENTS[Number(exponent)]?.includes(currency)) ?? 2);

/**
 * An amount written as a decimal, in minor units of its currency and exact: `19.99` USD is 1999, `500` JPY is 500.
 * Undefined for what is no decimal, or has more places than the currency.
 */
export function minorUnits(amount: unknown, currency: string): bigint | undefined {
  const [, sign, whole = '', fraction = ''] = /^(-?)(\d{1,15})(?:\.(\d{1,10}))?$/.exec(String(amount)) ?? [];
  if (whole === '') return undefined;
  const places = exponentOf(currency);
  if (/[^0]/.test(fraction.slice(places))) return undefined;
  const units = BigInt(whole + fraction.slice(0, places).padEnd(places, '0'));
  return sign === '-' ? -units : units;
}
