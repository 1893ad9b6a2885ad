import * as z from 'zod/mini';
import { decide } from '#core/decide/decide.ts';
import { compileCampaigns } from '#core/decide/shortlist.ts';
import { type DeviceState, detect, type Transition } from '#core/geo/detect.ts';
import { createPlaceIndex } from '#core/geo/place-index.ts';
import { DEFAULT_BRAND_RULES } from '#core/model/brand.ts';
import { type Campaign, CampaignInputSchema } from '#core/model/campaign.ts';
import type { Person } from '#core/model/person.ts';
import type { Place } from '#core/model/place.ts';
import { MAX_POSITIONS, type Position } from '#core/model/position.ts';
import type { Segment } from '#core/model/segment.ts';
import { foldConsents } from '#core/people/consent.ts';
import { signalFromTransition } from '#core/signals/from-transition.ts';
import { sortPositions } from '#functions/ingest/positions.ts';
import { createRandom } from '#local/random.ts';
import { NOW, somePeople, someRules } from '../rules/data.ts';
import type { Fence, Points } from './data.ts';

const DEVICES = 2000;
const FIXES = 50;
const CADENCE_MS = 15_000;
/** A walker's step between two fixes, in degrees. */
const STEP = 0.0002;
/** Live at once, each on one of as many tags; every one of them is judged at an enter, and says why it did not offer. */
const CAMPAIGNS = 20;
const ROUNDS = 4;

/**
 * The whole path of a position but for the network and the database: a body of 100 positions is parsed and each is checked;
 * a device's state goes on by its fix; what comes of it becomes a signal, the campaigns that listen to it are found, the
 * person's segments are asked, and the gates decide. Microseconds of processor for each position; of several rounds the fastest.
 */
export function measureEvents(fences: readonly Fence[], points: Points, seed: number) {
  const city = cityOf(fences, seed);
  const bodies = bodiesOf(points, seed);
  let best = { parse: Infinity, detect: Infinity, decide: Infinity, transitions: 0, offers: 0 };
  for (let round = 0; round < ROUNDS; round += 1) {
    const passed = pass(city, bodies);
    if (sum(passed) < sum(best)) best = passed;
  }
  const events = DEVICES * FIXES;
  const us = (ms: number): number => (ms * 1000) / events;
  return {
    usPerEvent: us(sum(best)),
    parseUs: us(best.parse),
    locateAndTransitionUs: us(best.detect),
    decideUs: us(best.decide),
    events,
    transitions: best.transitions,
    offers: best.offers,
  };
}

const sum = (times: { parse: number; detect: number; decide: number }): number =>
  times.parse + times.detect + times.decide;

/** Of this thread alone: a pass takes a second, in which a busy machine lets others have their turn. */
function cpuMs(): number {
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1000;
}

type City = ReturnType<typeof cityOf>;

function pass(city: City, bodies: readonly { text: string; now: number }[]) {
  const states = new Map<string, DeviceState>();
  const total = { parse: 0, detect: 0, decide: 0, transitions: 0, offers: 0 };
  for (const { text, now } of bodies) {
    const began = cpuMs();
    const { accepted } = sortPositions(JSON.parse(text), now);
    const parsed = cpuMs();
    const crossed: { deviceId: string; transition: Transition }[] = [];
    for (const position of accepted) {
      const { deviceId } = position;
      for (const transition of advance(city, states, position)) crossed.push({ deviceId, transition });
    }
    const located = cpuMs();
    for (const { deviceId, transition } of crossed) total.offers += city.decideOn(transition, deviceId, now);
    total.parse += parsed - began;
    total.detect += located - parsed;
    total.decide += cpuMs() - located;
    total.transitions += crossed.length;
  }
  return total;
}

function advance({ index }: City, states: Map<string, DeviceState>, { deviceId, at, lng, lat, accuracyM }: Position) {
  const { state, transitions } = detect({
    state: states.get(deviceId),
    fixes: [{ at: Date.parse(at), lng, lat, accuracyM }],
    index,
    dwellThresholds: () => [],
  });
  states.set(deviceId, state);
  return transitions;
}

/** Campaigns by tag and segment, of places that each have one tag. */
function cityOf(fences: readonly Fence[], seed: number) {
  const places = fences.map((fence, number): Place => {
    const { placeId } = fence;
    return {
      ...fence,
      name: placeId,
      timeZone: 'UTC',
      tags: [`tag-${(number >> 1) % CAMPAIGNS}`],
      detection: 'confirmed',
    };
  });
  const segments = new Map<string, Segment>(
    someRules(CAMPAIGNS, 'round', seed).map((rule, number) => {
      const segmentId = `segment-${number}`;
      return [segmentId, { segmentId, name: segmentId, rule }];
    }),
  );
  const campaigns = Array.from({ length: CAMPAIGNS }, (_, number) => campaignOf(number));
  const compiled = compileCampaigns(campaigns, segments);
  const people = somePeople(500, 'round', seed).map(
    (person, number): Person => ({
      ...person,
      identifiers: [{ kind: 'phone', value: `+86138${10_000_000 + number}` }],
    }),
  );
  const stock = new Map(campaigns.map(({ campaignId }) => [campaignId, { active: true, left: 1000 }]));
  const at = new Date(NOW).toISOString();
  const granted = { channel: 'any', granted: true, at, source: 'bench' } as const;
  const consents = foldConsents({}, [
    { ...granted, purpose: 'location' },
    { ...granted, purpose: 'marketing' },
    { ...granted, purpose: 'personalisation' },
  ]);
  const byId = new Map(places.map((place) => [place.placeId, place]));
  return {
    index: createPlaceIndex(places),
    /** How many offers one transition brings. */
    decideOn(transition: Transition, deviceId: string, now: number): number {
      const receivedAt = new Date(now).toISOString();
      const signal = signalFromTransition(transition, { brand: 'bench', deviceId, receivedAt });
      if (!compiled.listens(signal.kind)) return 0;
      const place = byId.get(transition.placeId);
      const person = people[Number(deviceId.slice(6)) % people.length] as Person;
      const memberships = compiled.membershipsOf(person, now);
      const listening = compiled.shortlist({ signal, place, memberships });
      if (listening.length === 0) return 0;
      const decisions = decide({
        signal,
        now,
        place,
        insidePlaces: signal.insidePlaceIds?.flatMap((id) => byId.get(id) ?? []) ?? [],
        brand: DEFAULT_BRAND_RULES,
        person,
        standing: { version: 1, consents, pastOffers: [] },
        campaigns: listening,
        segments,
        memberships,
        stock,
        channels: ['sms'],
      });
      return decisions.filter(({ outcome }) => outcome === 'offered').length;
    },
  };
}

function campaignOf(number: number): Campaign {
  const input = z.parse(CampaignInputSchema, {
    name: `Campaign ${number}`,
    trigger: { on: ['geofence.enter'], placeTags: [`tag-${number}`] },
    // Half of them for everyone.
    audience: number % 2 === 0 ? { segmentId: `segment-${number}` } : {},
    limits: { perPerson: { count: 1, window: 'P7D' }, stock: 1000 },
    experiment: { holdoutPercent: 10 },
    offer: { kind: 'amountOff', amount: 500, currency: 'CNY', expiresAfter: 'PT4H', redeemAt: 'triggerPlace' },
    message: { channels: ['sms'], templates: { en: { title: 'Milk', body: 'Come in' } } },
    priority: 10,
  });
  return { ...input, campaignId: `campaign-${number}`, state: 'live' };
}

/** Walkers among the fences, and their phones' reports as they come in: in each body a hundred devices. */
function bodiesOf(points: Points, seed: number): { text: string; now: number }[] {
  const random = createRandom(seed, 'walk');
  const walkers = Array.from({ length: DEVICES }, (_, number) => ({
    deviceId: `phone-${number}`,
    lng: points[2 * number] as number,
    lat: points[2 * number + 1] as number,
  }));
  const bodies: { text: string; now: number }[] = [];
  for (let fix = 0; fix < FIXES; fix += 1) {
    const now = NOW + fix * CADENCE_MS;
    const at = new Date(now).toISOString();
    const positions = walkers.map((walker) => {
      walker.lng += random.between(-STEP, STEP);
      walker.lat += random.between(-STEP, STEP);
      return { ...walker, at, accuracyM: random.int(4, 20), speedMps: 1.2 };
    });
    for (let from = 0; from < DEVICES; from += MAX_POSITIONS) {
      bodies.push({ text: JSON.stringify({ positions: positions.slice(from, from + MAX_POSITIONS) }), now });
    }
  }
  return bodies;
}
