import type { PlaylistItem } from '../model/creative.ts';
import { dayOfHours, type LocalTime, localTime, withinHours } from '../time.ts';

/** An item of a playlist and how long its creative lasts. */
export type ScheduledItem = PlaylistItem & { seconds: number };

/**
 * What a screen remembers from one choice to the next: small, and JSON. `ahead` is by how much an item has had more than
 * its share of the airtime, in seconds by weight; `active` who took part in the last choice; `plays` when items with a
 * cap began within the last hour.
 */
export type Rotation = { ahead: Record<string, number>; active: string[]; plays: Record<string, number[]> };
export const NEW_ROTATION: Rotation = { ahead: {}, active: [], plays: {} };

const HOUR_MS = 3_600_000;
/** Sums of seconds by weights: what differs by less is the same. */
const ROUNDING = 1e-9;

type Entry = { item: ScheduledItem; key: string };

/**
 * What plays next at `now` (epoch ms), and the rotation after it; undefined when nothing may play.
 *
 * Items that may play now and have the highest priority among those share the *airtime* in proportion to their weights:
 * half as long and twice as often is the same voice. Of those that have had no more than their share so far the one
 * whose next play would be due first plays (worst-case fair weighted fair queueing: Bennett and Zhang, 1996), so that
 * nobody is ever further from their share than one longest play. Who could not play for a while, by daypart, priority
 * or cap, takes part from then on and does not catch up. Same arguments, same answer.
 */
export function nextItem<T extends ScheduledItem>(
  items: readonly T[],
  { now, timeZone, rotation }: { now: number; timeZone: string; rotation: Rotation },
): { item: T; rotation: Rotation } | undefined {
  const plays = playsWithinHour(rotation.plays, now);
  const local = localTime(now, timeZone);
  const eligible = keyed(items).filter(
    ({ item, key }) => isInTime(item, now, local) && isBelowCap(item, plays[key] ?? []),
  );
  const priority = Math.max(...eligible.map(({ item }) => item.priority));
  const active = eligible.filter((entry) => entry.item.priority === priority);
  const ahead = aheadOf(active, rotation);
  const chosen = mostDue(active, ahead);
  if (!chosen) return undefined;
  const { item, key } = chosen;
  const step = item.seconds / weightOf(active);
  for (const [other, lead] of ahead) ahead.set(other, lead - step + (other === key ? item.seconds / item.weight : 0));
  // Whoever was ahead and may not play now stays ahead: leaving and coming back wins nothing.
  const away = Object.entries(rotation.ahead)
    .filter(([other, lead]) => !ahead.has(other) && lead > step)
    .map(([other, lead]): [string, number] => [other, lead - step]);
  return {
    item: item as T,
    rotation: {
      ahead: Object.fromEntries([...ahead, ...away]),
      active: active.map((entry) => entry.key),
      plays: item.maxPlaysPerHour === undefined ? plays : { ...plays, [key]: [...(plays[key] ?? []), now] },
    },
  };
}

/** An item is known by its creative, and where that is in the playlist several times by which of them it is. */
function keyed(items: readonly ScheduledItem[]): Entry[] {
  const seen = new Map<string, number>();
  return items.map((item) => {
    const name = `${item.brand ?? ''}/${item.creativeId}`;
    const count = seen.get(name) ?? 0;
    seen.set(name, count + 1);
    return { item, key: `${name}/${count}` };
  });
}

/** `startsAt` and `endsAt` half-open; hours that run past midnight belong to the day on which they begin. */
function isInTime({ days, hours, startsAt, endsAt }: ScheduledItem, now: number, local: LocalTime): boolean {
  if (startsAt !== undefined && now < Date.parse(startsAt)) return false;
  if (endsAt !== undefined && now >= Date.parse(endsAt)) return false;
  if (hours !== undefined && !withinHours(local, hours)) return false;
  return days === undefined || days.includes(dayOfHours(local, hours));
}

/** A rolling, half-open hour: what began exactly an hour ago no longer counts. */
const isBelowCap = ({ maxPlaysPerHour }: ScheduledItem, plays: readonly number[]): boolean =>
  maxPlaysPerHour === undefined || plays.length < maxPlaysPerHour;

function playsWithinHour(plays: Rotation['plays'], now: number): Rotation['plays'] {
  return Object.fromEntries(
    Object.entries(plays).flatMap(([key, at]) => {
      const recent = at.filter((ms) => ms > now - HOUR_MS);
      return recent.length > 0 ? [[key, recent]] : [];
    }),
  );
}

/** How far ahead each is of its share among those that take part now; those that come in have had theirs. */
function aheadOf(active: readonly Entry[], rotation: Rotation): Map<string, number> {
  const was = new Set(rotation.active);
  const leadOf = (key: string) => rotation.ahead[key] ?? 0;
  const ahead = new Map(active.flatMap(({ key }) => (was.has(key) ? [[key, leadOf(key)]] : [])));
  centre(active, ahead);
  for (const { key } of active) if (!ahead.has(key)) ahead.set(key, Math.max(0, leadOf(key)));
  centre(active, ahead);
  return ahead;
}

/** What the ones are ahead the others are behind: who left may have taken some of it along. */
function centre(active: readonly Entry[], ahead: Map<string, number>): void {
  const present = active.filter(({ key }) => ahead.has(key));
  const sum = present.reduce((total, { key, item }) => total + (ahead.get(key) ?? 0) * item.weight, 0);
  for (const { key } of present) ahead.set(key, (ahead.get(key) ?? 0) - sum / weightOf(present));
}

function mostDue(active: readonly Entry[], ahead: ReadonlyMap<string, number>): Entry | undefined {
  let best: { entry: Entry; due: number } | undefined;
  for (const entry of active) {
    const lead = ahead.get(entry.key) ?? 0;
    if (lead > ROUNDING) continue;
    const due = lead + entry.item.seconds / entry.item.weight;
    if (!best || due < best.due - ROUNDING) best = { entry, due };
  }
  return best?.entry;
}

const weightOf = (entries: readonly Entry[]): number => entries.reduce((sum, { item }) => sum + item.weight, 0);
