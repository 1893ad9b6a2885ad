import type { Quirk } from './known-differences.ts';
import { ATTRIBUTES, randomOf, randomValue, type Source } from './random-values.ts';
import { TYPE_NAMES, type Value } from './values.ts';

/** The placeholders of one request, as its expressions come to need them. */
export class Draft {
  readonly names: Record<string, string> = {};
  readonly values: Record<string, Value> = {};
  readonly quirks = new Set<Quirk>();
  readonly source: Source;

  constructor(source: Source) {
    this.source = source;
  }

  value(value: Value): string {
    const placeholder = `:v${Object.keys(this.values).length}`;
    this.values[placeholder] = value;
    return placeholder;
  }

  name(attribute: string): string {
    const mayBeBare = attribute !== 'left' && attribute !== 'state';
    if (mayBeBare && this.source.chance(0.7)) return attribute;
    this.names[`#${attribute}`] = attribute;
    return `#${attribute}`;
  }

  /** The fields for a request; an empty map of placeholders is no map. */
  get given() {
    const { names, values } = this;
    return {
      ...(Object.keys(names).length > 0 && { ExpressionAttributeNames: names }),
      ...(Object.keys(values).length > 0 && { ExpressionAttributeValues: values as never }),
    };
  }
}

/** An attribute, or something within `l` or `m`; `plain` is the attribute's own name. */
function randomPath(draft: Draft, among = Object.keys(ATTRIBUTES)): { text: string; plain: string } {
  const { source } = draft;
  const plain = source.one(among);
  const name = draft.name(plain);
  if (source.chance(0.5)) return { text: name, plain };
  if (plain === 'l') return { text: `${name}[${source.int(4)}]`, plain };
  if (plain === 'm') return { text: `${name}.${source.one(['a', 'b', 'l', 'l[0]', 'l[1]', 'a.b'])}`, plain };
  return { text: name, plain };
}

export function randomCondition(draft: Draft, depth = 0): string {
  const { chance } = draft.source;
  if (depth < 3 && chance(0.35)) {
    const joined = `${randomCondition(draft, depth + 1)} ${chance(0.5) ? 'AND' : 'OR'} ${randomCondition(draft, depth + 1)}`;
    return depth > 0 && chance(0.6) ? `(${joined})` : joined;
  }
  if (depth < 3 && chance(0.12)) return `NOT ${randomPredicate(draft)}`;
  return randomPredicate(draft);
}

function randomPredicate(draft: Draft): string {
  const { one } = draft.source;
  return one([
    existence,
    existence,
    comparison,
    comparison,
    comparison,
    between,
    among,
    attributeType,
    beginsWith,
    contains,
    size,
  ])(draft);
}

const usual = (draft: Draft, plain: string): Value =>
  draft.source.chance(0.85)
    ? (ATTRIBUTES[plain]?.(draft.source) ?? randomValue(draft.source))
    : randomValue(draft.source);

function existence(draft: Draft): string {
  const { chance } = draft.source;
  const attribute = chance(0.3) ? 'pk' : randomPath(draft).text;
  return `${chance(0.5) ? 'attribute_exists' : 'attribute_not_exists'}(${attribute})`;
}

function comparison(draft: Draft): string {
  const { one, chance } = draft.source;
  const { text, plain } = randomPath(draft);
  const comparator = one(['=', '=', '<>', '<', '<=', '>', '>=']);
  if (chance(0.1)) {
    const other = randomPath(draft).text;
    if (other === text) draft.quirks.add('same operand twice');
    return `${text} ${comparator} ${other}`;
  }
  const value = usual(draft, plain);
  if (/[<>]/.test(comparator) && comparator !== '<>' && !isOrdered(value)) draft.quirks.add('literal without order');
  if (chance(0.02)) {
    draft.quirks.add('operand in parentheses');
    return `${text} ${comparator} (${draft.value(value)})`;
  }
  return chance(0.1) ? `${draft.value(value)} ${comparator} ${text}` : `${text} ${comparator} ${draft.value(value)}`;
}

const isOrdered = ({ S, N, B }: Value): boolean => S !== undefined || N !== undefined || B !== undefined;

function between(draft: Draft): string {
  const { one, chance } = draft.source;
  const { text } = randomPath(draft, ['n', 's', 'left', 'm', 'l']);
  const make = randomOf[one(['N', 'S'] as const)];
  const [low, high] = [make(draft.source), chance(0.05) ? randomOf.B(draft.source) : make(draft.source)];
  return `${text} BETWEEN ${draft.value(low)} AND ${draft.value(high)}`;
}

function among(draft: Draft): string {
  const { text, plain } = randomPath(draft);
  const list = Array.from({ length: 1 + draft.source.int(3) }, () => draft.value(usual(draft, plain)));
  return `${text} IN (${list.join(', ')})`;
}

function attributeType(draft: Draft): string {
  const { chance, one } = draft.source;
  const type = chance(0.95) ? one(TYPE_NAMES) : 'Q';
  if (type === 'Q') draft.quirks.add('unknown type name');
  return `attribute_type(${randomPath(draft).text}, ${draft.value({ S: type })})`;
}

function beginsWith(draft: Draft): string {
  const { chance, one } = draft.source;
  const prefix = chance(0.95) ? randomOf[one(['S', 'B'] as const)](draft.source) : randomOf.N(draft.source);
  return `begins_with(${randomPath(draft, ['s', 'state', 'b', 'm']).text}, ${draft.value(prefix)})`;
}

function contains(draft: Draft): string {
  const { one } = draft.source;
  const part = randomOf[one(['S', 'N', 'B'] as const)](draft.source);
  return `contains(${randomPath(draft, ['s', 'ss', 'ns', 'bs', 'l', 'b', 'm']).text}, ${draft.value(part)})`;
}

function size(draft: Draft): string {
  const { chance, one, int } = draft.source;
  const measured = chance(0.05) ? draft.value({ S: 'abc' }) : randomPath(draft).text;
  if (measured.startsWith(':')) draft.quirks.add('size of a constant');
  const name = chance(0.98) ? 'size' : 'SIZE';
  if (name === 'SIZE') draft.quirks.add('upper-case function');
  return `${name}(${measured}) ${one(['=', '<', '>', '<=', '>=', '<>'])} ${draft.value({ N: String(int(4)) })}`;
}

/** Up to four actions, each on its own attribute unless two are meant to clash. */
export function randomUpdate(draft: Draft): string {
  const { source } = draft;
  const free = source.chance(0.97) ? Object.keys(ATTRIBUTES) : [...Object.keys(ATTRIBUTES), ...Object.keys(ATTRIBUTES)];
  const sections = new Map<string, string[]>();
  for (let count = 1 + source.int(4); count > 0; count -= 1) {
    const position = source.int(free.length);
    const [attribute = 'n'] = free.splice(position, 1);
    const [section, action] = randomAction(draft, attribute);
    sections.set(section, [...(sections.get(section) ?? []), action]);
  }
  return [...sections].map(([section, actions]) => `${section} ${actions.join(', ')}`).join(' ');
}

function randomAction(draft: Draft, attribute: string): [section: string, action: string] {
  const { chance } = draft.source;
  const { text } = randomPath(draft, [attribute]);
  if (chance(0.15)) return ['REMOVE', text];
  if (['ss', 'ns', 'bs'].includes(attribute) && chance(0.7)) {
    return [chance(0.5) ? 'ADD' : 'DELETE', `${text} ${draft.value(usual(draft, attribute))}`];
  }
  if (['n', 'left', 'm'].includes(attribute) && chance(0.4))
    return ['ADD', `${text} ${draft.value(chance(0.97) ? randomOf.N(draft.source) : randomValue(draft.source))}`];
  return ['SET', `${text} = ${randomRight(draft, attribute, text)}`];
}

function randomRight(draft: Draft, attribute: string, text: string): string {
  const { chance, one, int } = draft.source;
  const constant = () => draft.value(usual(draft, attribute));
  if (attribute === 'l' && chance(0.4)) {
    const more = draft.value({ L: Array.from({ length: int(3) }, () => randomOf.S(draft.source)) });
    const list = chance(0.5) ? draft.name('l') : `if_not_exists(${draft.name('l')}, ${draft.value({ L: [] })})`;
    return chance(0.5) ? `list_append(${list}, ${more})` : `list_append(${more}, ${list})`;
  }
  if ((attribute === 'n' || attribute === 'left') && chance(0.6)) {
    const base = chance(0.5) ? text : `if_not_exists(${text}, ${draft.value(randomOf.N(draft.source))})`;
    return `${base} ${one(['+', '-'])} ${draft.value(randomOf.N(draft.source))}`;
  }
  if (chance(0.1)) return `if_not_exists(${text}, ${constant()})`;
  return chance(0.1) ? randomPath(draft).text : constant();
}

/** Paths that do not touch each other, most of the time. */
export function randomProjection(draft: Draft): string {
  const { source } = draft;
  const names = ['pk', 'sk', ...Object.keys(ATTRIBUTES)].filter(() => source.chance(0.3));
  const paths = names.map((name) => (name === 'pk' || name === 'sk' ? name : randomPath(draft, [name]).text));
  if (source.chance(0.03)) paths.push(...paths.slice(0, 1));
  return paths.length > 0 ? paths.join(', ') : 'pk';
}
