import { digestId } from '#core/hash.ts';
import { macOf, type Placement, placementOf } from '#core/model/connector.ts';
import type { Signal, SignalKind } from '#core/model/signal.ts';
import type { Sighting } from '#core/signals/heard.ts';
import { visitAfter } from '#core/signals/visit-window.ts';
import { ConflictError } from '#store/conflict.ts';
import type { StoredConnector } from '#store/connectors.ts';
import { type Guest, getGuest, guestIdentifier, sharesWith } from '#store/guests.ts';
import type { Tenant } from '#store/keys.ts';
import { findGuests, type LinkedStation, type Network, saveVisits } from '#store/stations.ts';
import type { Runtime } from '../shared/runtime.ts';
import type { Tally } from './tally.ts';

/** More phones than one controller sees at once. */
const MAX_STATIONS = 5000;
const MAX_TRIES = 5;
/** Guests read at once. */
const AT_ONCE = 20;

export type Door = { runtime: Runtime; owner: Tenant; connector: StoredConnector; venueSecret: string; now: number };
type Dated = Sighting & { at: number };
/** Where and how a phone was last seen in one message. */
type Seen = { key: string; kind: SignalKind; at: number; placement: Placement };

/**
 * What sightings of phones mean. A phone is somebody only if it has logged in on this network within a day, and they are
 * a brand's only if they share with it: of every other phone nothing is written, and nobody hears.
 */
export async function signalsOfSightings(
  door: Door,
  sightings: readonly Dated[],
  tally: Tally,
): Promise<{ signals: Signal[]; linked: number }> {
  const byStation = latestByStation(door, sightings, tally);
  const network: Network = {
    owner: door.owner,
    connectorId: door.connector.connectorId,
    venueSecret: door.venueSecret,
  };
  const stations = await findGuests(door.runtime.db, network, [...byStation.keys()], door.now);
  for (const [mac, seen] of byStation) if (!stations.has(mac)) tally.ignore('not-linked', seen.length);
  const linked = [...stations];
  const signals: Signal[] = [];
  for (let start = 0; start < linked.length; start += AT_ONCE) {
    const some = linked.slice(start, start + AT_ONCE);
    const told = await Promise.all(
      some.map(([mac, station]) => signalsOfGuest(door, network, station, byStation.get(mac) ?? [], tally)),
    );
    signals.push(...told.flat());
  }
  return { signals, linked: linked.length };
}

/** By address; of one phone at one place only the latest sighting counts. */
function latestByStation({ connector }: Door, sightings: readonly Dated[], tally: Tally): Map<string, Seen[]> {
  const latest = new Map<string, Map<string, Seen>>();
  for (const { kind, mac: written, at, where } of sightings) {
    const mac = macOf(written);
    const placement = placementOf(connector, where);
    if (mac === undefined) tally.ignore('no-address');
    else if (!placement) tally.ignore('no-place');
    else if (!latest.has(mac) && latest.size >= MAX_STATIONS) tally.ignore('too-many-addresses');
    else {
      const key = `${placement.placeId}/${placement.screenId ?? ''}/${kind}`;
      const ofStation = latest.get(mac) ?? new Map<string, Seen>();
      const before = ofStation.get(key);
      if (before) tally.ignore('same-visit');
      if (!before || before.at < at) ofStation.set(key, { key, kind, at, placement });
      latest.set(mac, ofStation);
    }
  }
  return new Map([...latest].map(([mac, seen]) => [mac, [...seen.values()]]));
}

async function signalsOfGuest(
  door: Door,
  network: Network,
  station: LinkedStation,
  seen: readonly Seen[],
  tally: Tally,
): Promise<Signal[]> {
  const guest = await getGuest(door.runtime.db, door.owner, station.guestId);
  const brands = guest ? brandsFor(door, guest) : [];
  if (!guest || brands.length === 0) {
    tally.ignore('not-shared', seen.length);
    return [];
  }
  const told = await noteVisits(door, network, station, seen);
  tally.ignore('same-visit', seen.length - told.length);
  return told.flatMap(({ key, kind, at, placement }) =>
    brands.map(
      (brand): Signal => ({
        signalId: digestId('connector', door.connector.connectorId, guest.guestId, key, String(at)),
        brand,
        kind,
        source: 'connector',
        // The controller is believed, but not that the phone is the guest's: at the portal they said so themselves.
        trust: 'T1',
        occurredAt: new Date(at).toISOString(),
        receivedAt: new Date(door.now).toISOString(),
        subject: guestIdentifier(door.owner, guest.guestId),
        ...placement,
      }),
    ),
  );
}

/** Which brands hear of a guest: of a brand's own network that brand, of a venue's those that they share with. */
function brandsFor({ owner, connector }: Door, guest: Guest): string[] {
  if (owner.kind === 'brand') return connector.brands ?? [owner.id];
  const named = connector.brands ?? connector.portal?.brands.map(({ brand }) => brand) ?? [];
  return [...new Set(named)].filter((brand) => sharesWith(guest, brand));
}

/** Of what was seen, what is news; noted before anybody is told, so that the same message again tells the same. */
async function noteVisits(
  { runtime, owner, now }: Door,
  network: Network,
  first: LinkedStation,
  seen: readonly Seen[],
): Promise<Seen[]> {
  let station: LinkedStation | undefined = first;
  const inOrder = [...seen].sort((a, b) => a.at - b.at);
  for (let attempt = 0; station && attempt < MAX_TRIES; attempt += 1) {
    let visits = station.visits;
    const news: Seen[] = [];
    for (const one of inOrder) {
      const after = visitAfter(visits, one);
      visits = after.visits;
      if (after.tell) news.push({ ...one, ...after.tell });
    }
    if (visits === station.visits || (await saveVisits(runtime.db, owner, station, visits))) return news;
    await runtime.sleep(runtime.random() * 10 * 2 ** attempt);
    station = (await findGuests(runtime.db, network, [first.mac], now)).get(first.mac);
  }
  if (station) throw new ConflictError('a station changed too often to be noted');
  // The login has ended meanwhile.
  return [];
}
