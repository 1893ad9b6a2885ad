import type { AttributeValue, Person } from '../model/person.ts';
import type { Rule } from '../model/segment.ts';
import { derivedOf, isDerivedField } from './fields.ts';

/**
 * `tier` and `attributes.tier` name the same attribute; `identifiers.email` asks whether there is one; `purchases.count`
 * and its like are made of what the person has done, at `now` in epoch milliseconds.
 */
export function attributeOf(person: Person, field: string, now: number): AttributeValue | undefined {
  if (isDerivedField(field)) return derivedOf(person, field, now);
  if (field.startsWith('identifiers.')) {
    const kind = field.slice('identifiers.'.length);
    return person.identifiers.some((identifier) => identifier.kind === kind) ? true : undefined;
  }
  const name = field.startsWith('attributes.') ? field.slice('attributes.'.length) : field;
  return Object.hasOwn(person.attributes, name) ? person.attributes[name] : undefined;
}

/** The number that a value is or spells, or undefined when it is none that can be compared. */
export function toNumber(value: unknown): number | undefined {
  if (typeof value === 'number') return Number.isFinite(value) ? value : undefined;
  if (typeof value !== 'string' || value.trim() === '') return undefined;
  const number = Number(value);
  return Number.isFinite(number) ? number : undefined;
}

/** Lists arrive as arrays, or as the comma-separated text that the query builder's plain editor writes. */
export function listOf(value: Rule['value']): unknown[] {
  if (Array.isArray(value)) return value;
  return typeof value === 'string' ? value.split(',').map((part) => part.trim()) : [];
}
