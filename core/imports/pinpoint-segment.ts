import { IdSchema, NameSchema } from '../model/common.ts';
import type { Rule, RuleGroup, RuleOperator } from '../model/segment.ts';
import { MAX_RULE_NODES } from '../model/segment.ts';
import { ruleProblems } from '../people/rules.ts';
import { parseInstantMs } from '../people/time-and-place.ts';
import { isObject } from './ndjson.ts';
import { fieldOf, type PinpointMapping, PUSH_TYPES } from './pinpoint.ts';

type Node = Rule | RuleGroup;
export type SegmentRead =
  | { segmentId: string; segment: { name: string; rule: RuleGroup } }
  | { segmentId?: string; reason: string; pointer: string };

/** What cannot be said in our rules, and where it stands. */
class Untranslatable extends Error {
  readonly pointer: string;
  constructor(pointer: string, reason: string) {
    super(reason);
    this.pointer = pointer;
  }
}

const DAY_MS = 86_400_000;
/** Base segments that one may rest on, each counted as often as it is named: more are a circle, or no rule of ours. */
const MAX_SOURCES = MAX_RULE_NODES;

/**
 * Segments of Amazon Pinpoint as rules over the attributes that `peopleFromPinpoint` sets. One is translated as a whole
 * or refused with the path of what has no equal here: a segment that silently means something else reaches the wrong
 * people. Takes what `GetSegment` and `GetSegments` answer (also inside the CLI's `SegmentResponse`, `SegmentsResponse`).
 *
 * A segment of Pinpoint is of endpoints and ours is of people, so a condition holds for a person when it holds for one of
 * their endpoints; an exclusion, when it holds for none.
 *
 * Source: docs.aws.amazon.com/pinpoint/latest/apireference/apps-application-id-segments-segment-id.html
 */
export function segmentsFromPinpoint(document: unknown, mapping: PinpointMapping): SegmentRead[] {
  const found = definitionsIn(document);
  const byId = new Map(found.map((one) => [one.definition.Id, one]));
  return found.map(({ definition, at }) => {
    const id = definition.Id;
    const known = IdSchema.safeParse(id).success ? { segmentId: id as string } : undefined;
    if (!known) return { reason: 'has no Id that can be an id here', pointer: `${at}/Id` };
    const named = NameSchema.safeParse(definition.Name ?? id);
    if (!named.success) return { ...known, reason: 'is not a name', pointer: `${at}/Name` };
    try {
      const rule = groupOf(segmentRule(definition, { at, byId, mapping, sources: { seen: 0 } }));
      const [problem] = ruleProblems(rule);
      if (problem) throw new Untranslatable(at, `becomes a rule that ${problem.message}`);
      return { ...known, segment: { name: named.data, rule } };
    } catch (error) {
      if (!(error instanceof Untranslatable)) throw error;
      return { ...known, reason: error.message, pointer: error.pointer };
    }
  });
}

type Definition = Record<string, unknown>;
type Found = { definition: Definition; at: string };
type Context = {
  at: string;
  byId: ReadonlyMap<unknown, Found>;
  mapping: PinpointMapping;
  sources: { seen: number };
};

/** The definitions of a document, whichever answer of Pinpoint's it is; what is no object is a definition of nothing. */
function definitionsIn(document: unknown): Found[] {
  if (Array.isArray(document)) {
    return document.map((item, index) => ({ definition: isObject(item) ? item : {}, at: `/${index}` }));
  }
  if (!isObject(document)) return [];
  if (isObject(document.SegmentsResponse)) return below(definitionsIn(document.SegmentsResponse), '/SegmentsResponse');
  if (isObject(document.SegmentResponse)) return [{ definition: document.SegmentResponse, at: '/SegmentResponse' }];
  if (Array.isArray(document.Item)) return below(definitionsIn(document.Item), '/Item');
  return [{ definition: document, at: '' }];
}

const below = (found: Found[], path: string) => found.map(({ definition, at }) => ({ definition, at: path + at }));

function segmentRule(definition: Definition, context: Context): Node {
  const { at } = context;
  if (definition.SegmentType === 'IMPORT') {
    throw new Untranslatable(
      `${at}/SegmentType`,
      'is a list of endpoints, which its definition does not hold: import the endpoints of the segment with "set" in the mapping, and ask for that attribute',
    );
  }
  const groups = definition.SegmentGroups;
  if (isObject(groups) && Array.isArray(groups.Groups) && groups.Groups.length > 0) {
    const path = `${at}/SegmentGroups`;
    const nodes = groups.Groups.map((group, index) => groupRule(group, { ...context, at: `${path}/Groups/${index}` }));
    return joined(nodes, relation(groups.Include, nodes.length, `${path}/Include`));
  }
  return dimensionsRule(definition.Dimensions ?? {}, { ...context, at: `${at}/Dimensions` });
}

/** A group: of its base segments those that the dimensions say. */
function groupRule(group: unknown, context: Context): Node {
  const { at } = context;
  if (!isObject(group)) throw new Untranslatable(at, 'is not a group');
  const sources = listOf(group.SourceSegments, `${at}/SourceSegments`).map((source, index) =>
    sourceRule(source, { ...context, at: `${at}/SourceSegments/${index}` }),
  );
  const dimensions = listOf(group.Dimensions, `${at}/Dimensions`).map((item, index) =>
    dimensionsRule(item, { ...context, at: `${at}/Dimensions/${index}` }),
  );
  return all([
    ...(sources.length > 0 ? [joined(sources, relation(group.SourceType, sources.length, `${at}/SourceType`))] : []),
    ...(dimensions.length > 0 ? [joined(dimensions, relation(group.Type, dimensions.length, `${at}/Type`))] : []),
  ]);
}

function sourceRule(source: unknown, context: Context): Node {
  const base = isObject(source) ? context.byId.get(source.Id) : undefined;
  if (!base) throw new Untranslatable(context.at, 'is a segment that is not in the file');
  context.sources.seen += 1;
  if (context.sources.seen > MAX_SOURCES)
    throw new Untranslatable(context.at, 'rests on itself, or on too many segments');
  return segmentRule(base.definition, { ...context, at: base.at });
}

type Relation = 'ALL' | 'ANY' | 'NONE';

/** How several are taken together. Of one, nothing said means the same as ALL and ANY; of more it would be a guess. */
function relation(value: unknown, count: number, pointer: string): Relation {
  if (value === 'ALL' || value === 'ANY' || value === 'NONE') return value;
  if (value === undefined || value === null) {
    if (count === 1) return 'ALL';
    throw new Untranslatable(pointer, 'says not whether all, any or none of them');
  }
  throw new Untranslatable(pointer, 'must be ALL, ANY or NONE');
}

function joined(nodes: Node[], how: Relation): Node {
  if (how === 'ALL') return all(nodes);
  return how === 'ANY' ? any(nodes) : none(nodes);
}

function all(nodes: Node[]): Node {
  const [only, ...more] = nodes;
  return only && more.length === 0 ? only : { combinator: 'and', rules: nodes };
}
function any(nodes: Node[]): Node {
  const [only, ...more] = nodes;
  return only && more.length === 0 ? only : { combinator: 'or', rules: nodes };
}
const none = (nodes: Node[]): Node => ({ combinator: 'or', not: true, rules: nodes });
const groupOf = (node: Node): RuleGroup => ('combinator' in node ? node : { combinator: 'and', rules: [node] });

/** Every dimension of one set must hold. */
function dimensionsRule(dimensions: unknown, { at, mapping }: Context): Node {
  if (!isObject(dimensions)) throw new Untranslatable(at, 'is not a set of dimensions');
  const { Attributes, UserAttributes, Metrics, Demographic, Location, Behavior, ...unknown } = dimensions;
  const [other] = Object.keys(unknown);
  if (other !== undefined) throw new Untranslatable(`${at}/${other}`, 'is not a dimension that is known');
  const each = (part: unknown, name: string, rule: (key: string, value: unknown, pointer: string) => Node): Node[] => {
    if (part === undefined || part === null) return [];
    if (!isObject(part)) throw new Untranslatable(`${at}/${name}`, 'is not a set of dimensions');
    return Object.entries(part)
      .filter(([, value]) => value !== null)
      .map(([key, value]) => rule(key, value, `${at}/${name}/${key.replaceAll('~', '~0').replaceAll('/', '~1')}`));
  };
  return all([
    ...each(UserAttributes, 'UserAttributes', (name, value, pointer) =>
      attributeRule(fieldNamed(fieldOf.user(name, mapping), pointer), value, pointer),
    ),
    ...each(Attributes, 'Attributes', (name, value, pointer) =>
      attributeRule(fieldNamed(fieldOf.endpoint(name, mapping), pointer), value, pointer),
    ),
    ...each(Metrics, 'Metrics', (name, value, pointer) =>
      metricRule(fieldNamed(fieldOf.metric(name, mapping), pointer), value, pointer),
    ),
    ...each(Demographic, 'Demographic', demographicRule),
    ...each(Location, 'Location', locationRule),
    ...each(Behavior, 'Behavior', behaviourRule),
  ]);
}

/** `attributes.X` means the attribute, whatever else a field of that name may come to mean. */
function fieldNamed(attribute: string, pointer: string): string {
  if (!/^[A-Za-z][A-Za-z0-9_.-]{0,63}$/.test(attribute)) {
    throw new Untranslatable(pointer, 'has a name that an attribute here cannot have: rename it in the mapping');
  }
  return `attributes.${attribute}`;
}

/** Of text: `INCLUSIVE` is one of them, `EXCLUSIVE` none, `CONTAINS` a part of it; of instants: `BEFORE`, `AFTER`, `ON` a day (UTC), `BETWEEN`. */
function attributeRule(field: string, dimension: unknown, pointer: string): Node {
  const { AttributeType = 'INCLUSIVE', Values, ...unknown } = isObject(dimension) ? dimension : { Values: undefined };
  refuseUnknown(unknown, pointer);
  const values = textsOf(Values, `${pointer}/Values`);
  switch (AttributeType) {
    case 'INCLUSIVE':
      return { field, operator: 'in', value: values };
    case 'EXCLUSIVE':
      return none([{ field, operator: 'in', value: values }]);
    case 'CONTAINS':
      return any(values.map((value): Node => ({ field, operator: 'contains', value })));
    case 'BEFORE':
    case 'AFTER': {
      const operator: RuleOperator = AttributeType === 'BEFORE' ? 'before' : 'after';
      return any(
        values.map(
          (text, index): Node => ({ field, operator, value: iso(instant(text, `${pointer}/Values/${index}`)) }),
        ),
      );
    }
    case 'ON':
      return any(
        values.map((text, index) => {
          const day = Math.floor(instant(text, `${pointer}/Values/${index}`) / DAY_MS) * DAY_MS;
          return within(field, day, day + DAY_MS - 1);
        }),
      );
    case 'BETWEEN': {
      const [from, to, ...more] = values.map((text, index) => instant(text, `${pointer}/Values/${index}`));
      if (from === undefined || to === undefined || more.length > 0) {
        throw new Untranslatable(`${pointer}/Values`, 'must be two times');
      }
      return within(field, from, to);
    }
    default:
      throw new Untranslatable(`${pointer}/AttributeType`, 'is a comparison that is not known');
  }
}

/** Both ends included, in whole milliseconds. */
const within = (field: string, from: number, to: number): Node =>
  all([
    { field, operator: 'after', value: iso(from - 1) },
    { field, operator: 'before', value: iso(to + 1) },
  ]);
const iso = (ms: number): string => new Date(ms).toISOString();

function instant(text: string, pointer: string): number {
  const ms = parseInstantMs(/^\d{4}-\d\d-\d\d$/.test(text) ? `${text}T00:00:00Z` : text);
  if (ms === undefined || Number.isNaN(ms)) throw new Untranslatable(pointer, 'is not a time as ISO-8601 has it');
  return ms;
}

const COMPARISONS: Record<string, RuleOperator> = {
  EQUAL: '=',
  GREATER_THAN: '>',
  GREATER_THAN_OR_EQUAL: '>=',
  LESS_THAN: '<',
  LESS_THAN_OR_EQUAL: '<=',
};

function metricRule(field: string, dimension: unknown, pointer: string): Node {
  const { ComparisonOperator, Value, ...unknown } = isObject(dimension) ? dimension : {};
  refuseUnknown(unknown, pointer);
  const name = String(ComparisonOperator);
  const operator = Object.hasOwn(COMPARISONS, name) ? COMPARISONS[name] : undefined;
  if (!operator) throw new Untranslatable(`${pointer}/ComparisonOperator`, 'is a comparison that is not known');
  if (typeof Value !== 'number') throw new Untranslatable(`${pointer}/Value`, 'must be a number');
  return { field, operator, value: Value };
}

const DEMOGRAPHICS = ['AppVersion', 'Make', 'Model', 'Platform'];

function demographicRule(name: string, dimension: unknown, pointer: string): Node {
  if (name === 'Channel') {
    return setRule(fieldNamed(fieldOf.channels, pointer), dimension, pointer, (values) =>
      values.flatMap((value) => (value === 'PUSH' ? PUSH_TYPES : value)),
    );
  }
  // DeviceType and the like are derived by Pinpoint from what an export does not have.
  if (!DEMOGRAPHICS.includes(name)) throw new Untranslatable(pointer, 'is not in an export of endpoints');
  return setRule(fieldNamed(fieldOf.demographic(name), pointer), dimension, pointer);
}

function locationRule(name: string, dimension: unknown, pointer: string): Node {
  if (name === 'Country') return setRule(fieldNamed(fieldOf.location(name), pointer), dimension, pointer);
  if (name !== 'GPSPoint') throw new Untranslatable(pointer, 'is not a dimension that is known');
  const { Coordinates, RangeInKilometers } = isObject(dimension) ? dimension : {};
  const { Latitude, Longitude } = isObject(Coordinates) ? Coordinates : {};
  const numbers = [Longitude, Latitude, RangeInKilometers];
  if (!numbers.every((number) => typeof number === 'number')) {
    throw new Untranslatable(pointer, 'needs Coordinates and RangeInKilometers');
  }
  const [lng = 0, lat = 0, km = 0] = numbers;
  return {
    field: fieldNamed(fieldOf.position, pointer),
    operator: 'within',
    value: [lng, lat, Math.round(km * 1e6) / 1e3],
  };
}

const DURATIONS: Record<string, string> = { HR_24: 'P1D', DAY_7: 'P7D', DAY_14: 'P14D', DAY_30: 'P30D' };

/** When somebody was last active: `EffectiveDate` at first, and then what the brand's own software says. */
function behaviourRule(name: string, dimension: unknown, pointer: string): Node {
  if (name !== 'Recency') throw new Untranslatable(pointer, 'is not a dimension that is known');
  const { Duration, RecencyType } = isObject(dimension) ? dimension : {};
  const value = Object.hasOwn(DURATIONS, String(Duration)) ? DURATIONS[String(Duration)] : undefined;
  if (value === undefined) throw new Untranslatable(`${pointer}/Duration`, 'must be HR_24, DAY_7, DAY_14 or DAY_30');
  const active: Node = { field: fieldNamed(fieldOf.lastActiveAt, pointer), operator: 'inLast', value };
  if (RecencyType === 'ACTIVE') return active;
  if (RecencyType === 'INACTIVE') return none([active]);
  throw new Untranslatable(`${pointer}/RecencyType`, 'must be ACTIVE or INACTIVE');
}

function setRule(field: string, dimension: unknown, pointer: string, expand = (values: string[]) => values): Node {
  const { DimensionType = 'INCLUSIVE', Values, ...unknown } = isObject(dimension) ? dimension : { Values: undefined };
  refuseUnknown(unknown, pointer);
  const rule: Rule = { field, operator: 'in', value: expand(textsOf(Values, `${pointer}/Values`)) };
  if (DimensionType === 'INCLUSIVE') return rule;
  if (DimensionType === 'EXCLUSIVE') return none([rule]);
  throw new Untranslatable(`${pointer}/DimensionType`, 'must be INCLUSIVE or EXCLUSIVE');
}

function refuseUnknown(unknown: Record<string, unknown>, pointer: string): void {
  const [name] = Object.keys(unknown);
  if (name !== undefined) throw new Untranslatable(`${pointer}/${name}`, 'is not known');
}

function textsOf(values: unknown, pointer: string): string[] {
  if (!Array.isArray(values) || values.length === 0 || !values.every((value) => typeof value === 'string')) {
    throw new Untranslatable(pointer, 'must be a list of texts');
  }
  return values;
}

function listOf(value: unknown, pointer: string): unknown[] {
  if (value === undefined || value === null) return [];
  if (!Array.isArray(value) || value.length > MAX_RULE_NODES) throw new Untranslatable(pointer, 'must be a short list');
  return value;
}
