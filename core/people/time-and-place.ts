import * as z from 'zod/mini';
import { EARTH_RADIUS_M, haversineM } from '../geo/sphere.ts';
import { parseDurationMs } from '../model/common.ts';
import type { AttributeValue } from '../model/person.ts';
import type { Rule, RuleOperator } from '../model/segment.ts';
import { listOf, toNumber } from './values.ts';

/** Half a great circle: beyond it a circle holds the whole earth. */
export const MAX_RADIUS_M = Math.floor(Math.PI * EARTH_RADIUS_M);

const OPERATORS = ['inLast', 'notInLast', 'before', 'after', 'within', 'notWithin'] as const;
export type TimeOrPlaceOperator = (typeof OPERATORS)[number];

const isOneOf: ReadonlySet<RuleOperator> = new Set(OPERATORS);
export const isOfTimeOrPlace = (operator: RuleOperator): operator is TimeOrPlaceOperator => isOneOf.has(operator);

/** What is not an instant, or not a point, is not known: it is neither in nor out. `now` in epoch milliseconds. */
export function compareTimeOrPlace(
  actual: AttributeValue,
  operator: TimeOrPlaceOperator,
  value: Rule['value'],
  now: number,
): boolean {
  switch (operator) {
    case 'inLast':
      return isInLast(actual, value, now) === true;
    case 'notInLast':
      return isInLast(actual, value, now) === false;
    case 'before':
      return instantsOf(actual).some((instant) => instant < (parseInstantMs(value) ?? Number.NaN));
    case 'after':
      return instantsOf(actual).some((instant) => instant > (parseInstantMs(value) ?? Number.NaN));
    case 'within':
      return isWithin(actual, value) === true;
    case 'notWithin':
      return isWithin(actual, value) === false;
  }
}

/** "In the last 30 days": after `now` less the duration, and not in the future; of a list, the latest that has been. */
function isInLast(actual: AttributeValue, value: Rule['value'], now: number): boolean | undefined {
  const latest = latestInstant(actual, now);
  const duration = typeof value === 'string' ? parseDurationMs(value) : undefined;
  return latest === undefined || duration === undefined ? undefined : latest > now - duration;
}

/** The last instant of a value that is not in the future, in epoch milliseconds. */
export function latestInstant(actual: AttributeValue | undefined, now: number): number | undefined {
  if (!Array.isArray(actual)) return pastInstant(actual, now);
  let latest: number | undefined;
  for (const item of actual) {
    const instant = pastInstant(item, now);
    if (instant !== undefined && (latest === undefined || instant > latest)) latest = instant;
  }
  return latest;
}

function pastInstant(item: unknown, now: number): number | undefined {
  const instant = parseInstantMs(item);
  return instant !== undefined && instant <= now ? instant : undefined;
}

function instantsOf(actual: AttributeValue): number[] {
  const items: readonly unknown[] = Array.isArray(actual) ? actual : [actual];
  return items.flatMap((item) => parseInstantMs(item) ?? []);
}

const INSTANT = z.regexes.datetime({ offset: true });

/** Epoch milliseconds of an ISO-8601 time with a zone (RFC 3339), or undefined: without a zone it is no instant. */
export function parseInstantMs(value: unknown): number | undefined {
  // The length is bounded by what the schema takes for text; the pattern has no nested repetition.
  return typeof value === 'string' && INSTANT.test(value) ? Date.parse(value) : undefined;
}

type Point = { lng: number; lat: number };

function isWithin(actual: AttributeValue, value: Rule['value']): boolean | undefined {
  const point = pointOf(actual);
  const circle = circleOf(value);
  if (!point || !circle) return undefined;
  return haversineM(circle.lng, circle.lat, point.lng, point.lat) <= circle.radiusM;
}

/** `[lng, lat]` in degrees, or the same as text. */
function pointOf(actual: AttributeValue): Point | undefined {
  if (typeof actual === 'string') return pointAt(listOf(actual).map(toNumber));
  return Array.isArray(actual) ? pointAt(actual) : undefined;
}

function pointAt(numbers: readonly unknown[]): Point | undefined {
  const [lng, lat] = numbers;
  if (numbers.length !== 2 || typeof lng !== 'number' || typeof lat !== 'number') return undefined;
  // Written so that NaN is refused as well.
  return Math.abs(lng) <= 180 && Math.abs(lat) <= 90 ? { lng, lat } : undefined;
}

/** `[lng, lat, radiusM]` of a rule, or undefined when it is no circle on the earth. */
export function circleOf(value: Rule['value']): (Point & { radiusM: number }) | undefined {
  const numbers = listOf(value).map(toNumber);
  const point = pointAt(numbers.slice(0, 2));
  const radiusM = numbers[2];
  if (numbers.length !== 3 || !point || radiusM === undefined) return undefined;
  return radiusM > 0 && radiusM <= MAX_RADIUS_M ? { ...point, radiusM } : undefined;
}
