import type { Locale } from '../model/campaign.ts';
import { parseDurationMs } from '../model/common.ts';
import type { Rule, RuleOperator } from '../model/segment.ts';
import { circleOf } from './time-and-place.ts';
import { listOf } from './values.ts';

/** More of a list than this helps nobody. */
const MOST_ITEMS = 10;
const MOST_LETTERS = 80;

/** What an operator asks for, with its value in words. */
type Phrase = (value: string, parts: readonly string[]) => string;

const ENGLISH: { readonly [operator in RuleOperator]: Phrase } = {
  '=': (value) => `needs ${value}`,
  '!=': (value) => `needs anything but ${value}`,
  '<': (value) => `needs less than ${value}`,
  '<=': (value) => `needs at most ${value}`,
  '>': (value) => `needs more than ${value}`,
  '>=': (value) => `needs at least ${value}`,
  contains: (value) => `needs ${value} in it`,
  doesNotContain: (value) => `needs to be without ${value}`,
  beginsWith: (value) => `needs to begin with ${value}`,
  endsWith: (value) => `needs to end with ${value}`,
  in: (value) => `needs one of ${value}`,
  notIn: (value) => `needs none of ${value}`,
  between: (_, [low, high]) => `needs ${low} to ${high}`,
  notBetween: (_, [low, high]) => `needs to be outside ${low} to ${high}`,
  null: () => 'needs to be unknown',
  notNull: () => 'needs to be known',
  inLast: (value) => `needs to be in the last ${value}`,
  notInLast: (value) => `needs to be longer ago than ${value}`,
  before: (value) => `needs to be before ${value}`,
  after: (value) => `needs to be after ${value}`,
  within: (_, [lng, lat, metres]) => `needs to be within ${metres} m of ${lng}, ${lat}`,
  notWithin: (_, [lng, lat, metres]) => `needs to be more than ${metres} m from ${lng}, ${lat}`,
};

const CHINESE: { readonly [operator in RuleOperator]: Phrase } = {
  '=': (value) => `需为${value}`,
  '!=': (value) => `不能为${value}`,
  '<': (value) => `需小于${value}`,
  '<=': (value) => `需不大于${value}`,
  '>': (value) => `需大于${value}`,
  '>=': (value) => `需不小于${value}`,
  contains: (value) => `需包含${value}`,
  doesNotContain: (value) => `不能包含${value}`,
  beginsWith: (value) => `需以${value}开头`,
  endsWith: (value) => `需以${value}结尾`,
  in: (value) => `需为其中之一：${value}`,
  notIn: (value) => `不能为：${value}`,
  between: (_, [low, high]) => `需在${low}至${high}之间`,
  notBetween: (_, [low, high]) => `不能在${low}至${high}之间`,
  null: () => '需为未知',
  notNull: () => '需为已知',
  inLast: (value) => `需在最近${value}内`,
  notInLast: (value) => `需早于最近${value}`,
  before: (value) => `需早于${value}`,
  after: (value) => `需晚于${value}`,
  within: (_, [lng, lat, metres]) => `需在${lng}, ${lat}的${metres}米之内`,
  notWithin: (_, [lng, lat, metres]) => `需在${lng}, ${lat}的${metres}米之外`,
};

type Words = Record<'and' | 'or' | 'empty' | 'not and' | 'not or' | 'not empty', string> & {
  yes: string;
  no: string;
  colon: string;
  comma: string;
  nothing: string;
  emptyList: string;
  /** After the first of a list of so many. */
  more: (count: number) => string;
};

const WORDS: Record<Locale, Words> = {
  en: {
    and: 'all of these hold',
    or: 'at least one of these holds',
    empty: 'no rules, which takes everybody',
    'not and': 'not all of these hold',
    'not or': 'none of these holds',
    'not empty': 'no rules, which leaves nobody',
    yes: 'yes',
    no: 'no',
    colon: ': ',
    comma: ', ',
    nothing: 'nothing',
    emptyList: 'an empty list',
    more: (count) => ` and ${count - MOST_ITEMS} more`,
  },
  'zh-CN': {
    and: '以下全部满足',
    or: '以下至少满足一项',
    empty: '无条件，包含所有人',
    'not and': '以下不全满足',
    'not or': '以下都不满足',
    'not empty': '无条件，排除所有人',
    yes: '是',
    no: '否',
    colon: '：',
    comma: '、',
    nothing: '空',
    emptyList: '空列表',
    more: (count) => `等${count}项`,
  },
};

type Comparison = {
  field: string;
  operator: RuleOperator;
  value: Rule['value'];
  /** What was found, in words; undefined where nothing is known. */
  said: string | undefined;
  matched: boolean;
};

/** "purchases.count.90d is 3, needs at least 5: no" */
export function wordsOfComparison({ field, operator, value, said, matched }: Comparison, locale: Locale): string {
  const parts = partsOf(operator, value).map((part) => saidOf(part, locale));
  const wanted = isDuration(operator) ? saidDuration(value, locale) : saidOf(value, locale);
  // "tier is gold, needs gold" says one thing twice.
  const isSame = operator === '=' && matched && said === wanted;
  if (locale === 'zh-CN') {
    const needs = isSame ? '' : `，${CHINESE[operator](wanted, parts)}`;
    return `${field}${said === undefined ? '未知' : `为${said}`}${needs}：${matched ? '是' : '否'}`;
  }
  const needs = isSame ? '' : `, ${ENGLISH[operator](wanted, parts)}`;
  return `${field} is ${said ?? 'not known'}${needs}: ${matched ? 'yes' : 'no'}`;
}

type Group = { combinator: 'and' | 'or'; not: boolean; matched: boolean; count: number };

/** "all of these hold: no" */
export function wordsOfGroup({ combinator, not, matched, count }: Group, locale: Locale): string {
  const words = WORDS[locale];
  const asked = words[`${not ? 'not ' : ''}${count === 0 ? 'empty' : combinator}`];
  return `${asked}${words.colon}${matched ? words.yes : words.no}`;
}

/** A value as a marketer would write it: long texts and lists are cut. */
export function saidOf(value: unknown, locale: Locale): string {
  const words = WORDS[locale];
  if (Array.isArray(value)) {
    if (value.length === 0) return words.emptyList;
    const some = value.slice(0, MOST_ITEMS).map((item) => saidOf(item, locale));
    return `${some.join(words.comma)}${value.length > MOST_ITEMS ? words.more(value.length) : ''}`;
  }
  if (typeof value === 'boolean') return value ? words.yes : words.no;
  if (value === '' || value === undefined || value === null) return words.nothing;
  const letters = [...String(value)];
  return letters.length > MOST_LETTERS ? `${letters.slice(0, MOST_LETTERS).join('')}…` : letters.join('');
}

/** The parts that a phrase names one by one. */
function partsOf(operator: RuleOperator, value: Rule['value']): readonly unknown[] {
  if (operator === 'within' || operator === 'notWithin') {
    const circle = circleOf(value);
    if (circle) return [circle.lng, circle.lat, circle.radiusM];
  }
  const parts = listOf(value);
  return [parts[0], parts[1], parts[2]];
}

const isDuration = (operator: RuleOperator): boolean => operator === 'inLast' || operator === 'notInLast';

const UNITS = [
  { ms: 86_400_000, en: 'day', zh: '天' },
  { ms: 3_600_000, en: 'hour', zh: '小时' },
  { ms: 60_000, en: 'minute', zh: '分钟' },
  { ms: 1000, en: 'second', zh: '秒' },
] as const;

/** `P30D` is "30 days": in the largest unit that it is a whole number of. */
function saidDuration(value: Rule['value'], locale: Locale): string {
  const ms = typeof value === 'string' ? parseDurationMs(value) : undefined;
  const unit = ms === undefined ? undefined : UNITS.find((candidate) => ms % candidate.ms === 0);
  if (ms === undefined || !unit) return saidOf(value, locale);
  const count = ms / unit.ms;
  return locale === 'zh-CN' ? `${count}${unit.zh}` : `${count} ${unit.en}${count === 1 ? '' : 's'}`;
}
