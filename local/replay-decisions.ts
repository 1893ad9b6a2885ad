import { readFile } from 'node:fs/promises';
import * as z from 'zod/mini';
import { decide } from '#core/decide/decide.ts';
import { explain } from '#core/decide/explain.ts';
import type { Standing } from '#core/decide/facts.ts';
import type { Transition } from '#core/geo/detect.ts';
import { DEFAULT_BRAND_RULES } from '#core/model/brand.ts';
import { type Campaign, CampaignInputSchema } from '#core/model/campaign.ts';
import { IdSchema } from '#core/model/common.ts';
import type { Outcome } from '#core/model/decision.ts';
import { type Channel, type Person, PersonInputSchema } from '#core/model/person.ts';
import type { Place } from '#core/model/place.ts';
import { type Segment, SegmentInputSchema } from '#core/model/segment.ts';
import { foldConsents } from '#core/people/consent.ts';
import { normaliseIdentifier } from '#core/people/identifiers.ts';
import { signalFromTransition } from '#core/signals/from-transition.ts';
import { decisionIdOf } from '#store/ledger.ts';
import { createReplayedStock } from './replay-stock.ts';

const CampaignFileSchema = z.array(
  z.extend(CampaignInputSchema, { campaignId: IdSchema, state: z.optional(z.string()) }),
);
const PeopleFileSchema = z.array(z.extend(PersonInputSchema, { personId: IdSchema }));
const SegmentFileSchema = z.array(z.extend(SegmentInputSchema, { segmentId: IdSchema }));

/** A replay sends nothing, so it may use every channel that has a sender. */
const REPLAYED_CHANNELS: readonly Channel[] = ['sms', 'email'];

export type ReplayFiles = { campaigns: string; people: string; segments: string | undefined };
type ReplayedDecision = { outcome: Outcome } & Record<string, unknown>;
export type Decider = {
  campaigns: readonly Campaign[];
  /** The decisions on a device's transition, in the shape of `GET …/decisions`; none where nobody has the device. */
  decideOn: (transition: Transition, deviceId: string) => ReplayedDecision[];
};

/** The pure engine over a recorded past: caps and stock move as they would have, and every campaign counts as live. */
export async function createDecider(files: ReplayFiles, places: readonly Place[]): Promise<Decider> {
  const campaigns = (await readList(files.campaigns, CampaignFileSchema)).map(
    (campaign): Campaign => ({ ...campaign, state: 'live' }),
  );
  const segmentList = files.segments === undefined ? [] : await readList(files.segments, SegmentFileSchema);
  const segments = new Map(segmentList.map((segment): [string, Segment] => [segment.segmentId, segment]));
  const people = new Map<string, { person: Person; standing: Standing }>();
  for (const { personId, identifiers, attributes, consents } of await readList(files.people, PeopleFileSchema)) {
    const person = { personId, identifiers, attributes };
    const standing = { version: 1, consents: foldConsents({}, consents), pastOffers: [] };
    for (const identifier of identifiers) {
      const device = identifier.kind === 'device' ? normaliseIdentifier(identifier) : undefined;
      if (device) people.set(device.value, { person, standing });
    }
  }
  const placeById = new Map(places.map((place) => [place.placeId, place]));
  const stock = createReplayedStock(campaigns);

  const decideOn = (transition: Transition, deviceId: string): ReplayedDecision[] => {
    const found = people.get(deviceId);
    if (!found) return [];
    const receivedAt = new Date(transition.at).toISOString();
    const signal = signalFromTransition(transition, { brand: 'replay', deviceId, receivedAt });
    const listening = campaigns.filter(({ trigger }) => trigger.on.includes(signal.kind));
    const insidePlaces = transition.insidePlaceIds.flatMap((placeId) => placeById.get(placeId) ?? []);
    const place = placeById.get(transition.placeId);
    const facts = {
      signal,
      now: transition.at,
      place,
      insidePlaces,
      brand: DEFAULT_BRAND_RULES,
      ...found,
      campaigns: listening,
      segments,
      stock: stock.levels(place, transition.at),
      channels: REPLAYED_CHANNELS,
    };
    return decide(facts).map(({ campaignId, outcome, reasons }) => {
      const campaign = campaigns.find((one) => one.campaignId === campaignId);
      if (outcome !== 'skipped') {
        found.standing.pastOffers.push({ campaignId, at: transition.at, placeId: place?.placeId });
      }
      if (outcome === 'offered' && campaign) stock.take(campaign, place, transition.at);
      return {
        decisionId: decisionIdOf(signal.signalId, signal.occurredAt, campaignId),
        signalId: signal.signalId,
        personId: found.person.personId,
        campaignId,
        at: signal.occurredAt,
        outcome,
        signal: { kind: signal.kind, placeId: signal.placeId },
        reasons: reasons.map((reason) => ({ ...reason, text: explain(reason, 'en') })),
      };
    });
  };
  return { campaigns, decideOn };
}

/** A JSON list, or one JSON object a line. @throws Error that names the file and the place in it */
async function readList<S extends z.ZodMiniType>(file: string, schema: S): Promise<z.infer<S>> {
  const text = await readFile(file, 'utf8');
  let json: unknown;
  try {
    json = text.trimStart().startsWith('[')
      ? JSON.parse(text)
      : text.split('\n').flatMap((line) => (line.trim() === '' ? [] : [JSON.parse(line)]));
  } catch {
    throw new Error(`${file}: is neither a JSON list nor one JSON object a line`);
  }
  const result = schema.safeParse(json);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  throw new Error(`${file}: /${issue?.path.map(String).join('/')}: ${issue?.message}`);
}
