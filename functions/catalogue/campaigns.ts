import { isDeepStrictEqual } from 'node:util';
import { isInstalled } from '#core/decide/channel.ts';
import { PLACEHOLDERS } from '#core/messages/compose.ts';
import { hasStrayBraces, unknownPlaceholders } from '#core/messages/template.ts';
import { type Campaign, type CampaignInput, CampaignInputSchema, type Offer } from '#core/model/campaign.ts';
import type { Segment } from '#core/model/segment.ts';
import { offerCost } from '#core/offers/value.ts';
import { CountersBusyError, putCampaign as storeCampaign } from '#store/campaigns.ts';
import { EntryChangedError, getEntry, getMeta } from '#store/catalogue.ts';
import { catalogueKeys, type Tenant } from '#store/keys.ts';
import { batchGet } from '#store/read.ts';
import { brandOf, type HttpRequest, type HttpResponse } from '../shared/http.ts';
import { type FieldError, Problem } from '../shared/problem.ts';
import { validate } from '../shared/validate.ts';
import { launchOf } from '../visits/launch.ts';
import { list, read, tenantOf, tooLarge } from './entries.ts';

const MAX_TRIES = 6;

/** `PUT /v1/campaigns/{campaignId}`: a draft at first; a live one stays live with its new definition. */
export async function putCampaign(request: HttpRequest): Promise<HttpResponse> {
  const campaignId = request.path.campaignId ?? '';
  const input = validate(CampaignInputSchema, request.body);
  const errors = contradictions(input);
  if (errors.length > 0) throw new Problem('unprocessable', 'the campaign contradicts itself', errors);
  const { before, after } = await change(request, campaignId, (is) => ({
    campaignId,
    state: is?.state ?? 'draft',
    ...input,
  }));
  if (after.state === 'live' && !isDeepStrictEqual(after.trigger, before?.trigger)) await findInside(request, after);
  return { status: 200, body: after };
}

export const getCampaign = async (request: HttpRequest): Promise<HttpResponse> => ({
  status: 200,
  body: await read<Campaign>(request, 'campaign', request.path.campaignId ?? ''),
});

export const listCampaigns = (request: HttpRequest): Promise<HttpResponse> => list(request, 'campaign');

/**
 * `POST …/launch`: refuses what could never reach anybody, so that a marketer learns it now and not from silence. Whoever
 * is at its places by then is looked for.
 */
export async function launchCampaign(request: HttpRequest): Promise<HttpResponse> {
  const campaign = await read<Campaign>(request, 'campaign', request.path.campaignId ?? '');
  const errors: FieldError[] = [];
  if (!campaign.message.channels.some((channel) => isInstalled(channel, request.runtime.channels))) {
    errors.push({
      pointer: '/message/channels',
      detail: `none of them can be sent through; installed are ${request.runtime.channels.join(', ') || 'none'}`,
    });
  }
  const { segmentId } = campaign.audience;
  if (
    segmentId !== undefined &&
    !(await getEntry<Segment>(request.runtime.db, tenantOf(request), 'segment', segmentId))
  ) {
    errors.push({ pointer: '/audience/segmentId', detail: 'is not a segment of this brand' });
  }
  errors.push(...(await unknownPlaces(request, campaign)));
  if (errors.length > 0) throw new Problem('unprocessable', 'the campaign cannot be launched', errors);
  const { after } = await change(request, campaign.campaignId, (is) => ({ ...(is ?? campaign), state: 'live' }));
  await findInside(request, after);
  return { status: 200, body: after };
}

/** Places that a trigger names and nobody has: a slip of the pen. As of now, for a place may be a second old. */
async function unknownPlaces(request: HttpRequest, { trigger }: Campaign): Promise<FieldError[]> {
  const { db } = request.runtime;
  const brand = tenantOf(request);
  const { venues } = await getMeta(db, brand);
  const owners: Tenant[] = [brand, ...venues.map((id): Tenant => ({ kind: 'venue', id }))];
  const keysOf = (placeId: string) => owners.map((owner) => catalogueKeys.entry(owner, 'place', placeId));
  const found = await batchGet(db, { catalogue: trigger.placeIds.flatMap(keysOf) }, { consistent: true });
  return trigger.placeIds.flatMap((placeId, index) =>
    keysOf(placeId).some((key) => found.get('catalogue', key))
      ? []
      : [{ pointer: `/trigger/placeIds/${index}`, detail: 'is not a place of this brand or of its venues' }],
  );
}

/** `POST …/pause`: counted campaigns stop at once, by their stock item; the others when processes see the new version. */
export async function pauseCampaign(request: HttpRequest): Promise<HttpResponse> {
  const campaign = await read<Campaign>(request, 'campaign', request.path.campaignId ?? '');
  const { after } = await change(request, campaign.campaignId, (is) => ({ ...(is ?? campaign), state: 'paused' }));
  return { status: 200, body: after };
}

/** Writes what `next` makes of the campaign as it is, again if somebody else wrote first: an edit must not undo a pause. */
async function change(
  request: HttpRequest,
  campaignId: string,
  next: (before: Campaign | undefined) => Campaign,
): Promise<{ before: Campaign | undefined; after: Campaign }> {
  const brand = brandOf(request);
  for (let attempt = 0; attempt < MAX_TRIES; attempt += 1) {
    const before = await getEntry<Campaign>(request.runtime.db, { kind: 'brand', id: brand }, 'campaign', campaignId);
    const after = next(before);
    try {
      await storeCampaign(request.runtime.db, brand, after, before);
      return { before, after };
    } catch (error) {
      if (error instanceof CountersBusyError) throw new Problem('unavailable', error.message);
      if (!(error instanceof EntryChangedError)) throw tooLarge(error);
    }
  }
  throw new Problem('unavailable', 'others are changing this campaign; nothing was changed by this request');
}

/**
 * Looks for those who are inside already where a campaign has come to act. After the campaign is stored: who enters from
 * then on is its business anyway. Where this fails, the launch is repeated: it finds whoever has not been found.
 */
async function findInside(request: HttpRequest, { campaignId, trigger }: Campaign): Promise<void> {
  if (!trigger.on.some((kind) => kind === 'geofence.enter' || kind === 'geofence.dwell')) return;
  const { runtime } = request;
  await runtime.send('visits', [launchOf(brandOf(request), campaignId, runtime.now())]);
}

/** What each field allows and the whole does not. */
function contradictions({ trigger, schedule, limits, offer, message }: CampaignInput): FieldError[] {
  const errors: FieldError[] = [];
  if (schedule.startsAt && schedule.endsAt && Date.parse(schedule.startsAt) >= Date.parse(schedule.endsAt)) {
    errors.push({ pointer: '/schedule/endsAt', detail: 'must be after startsAt' });
  }
  if (trigger.on.includes('geofence.dwell') && trigger.dwellSeconds === 0) {
    errors.push({ pointer: '/trigger/dwellSeconds', detail: 'must say how long, for geofence.dwell' });
  }
  // DynamoDB keeps no number nearer to nothing than 1e-130, and nobody a coupon.
  if (offer.kind === 'percentOff' && offer.percent < 0.01) {
    errors.push({ pointer: '/offer/percent', detail: 'must be at least 0.01' });
  }
  return [...errors, ...shareErrors(limits), ...budgetErrors(limits, offer), ...templateErrors(message)];
}

const SHARES = ['perDay', 'perPlace'] as const;

/** A share is a part of the whole: what a day or a place may have can not be more than there is. */
function shareErrors(limits: CampaignInput['limits']): FieldError[] {
  return SHARES.flatMap((name) => {
    const share = limits[name];
    if (!share) return [];
    const pointer = `/limits/${name}`;
    if (share.stock === undefined && !share.budget) return [{ pointer, detail: 'must limit stock or budget' }];
    const errors: FieldError[] = [];
    if (limits.stock !== undefined && share.stock !== undefined && share.stock > limits.stock) {
      errors.push({ pointer: `${pointer}/stock`, detail: 'must not be more than the stock of the campaign' });
    }
    if (limits.budget && share.budget && share.budget.amount > limits.budget.amount) {
      errors.push({ pointer: `${pointer}/budget/amount`, detail: 'must not be more than the budget of the campaign' });
    }
    return errors;
  });
}

/** A coupon is charged to every budget at the most it can cost: that must be known, and in their currency. */
function budgetErrors(limits: CampaignInput['limits'], offer: Offer): FieldError[] {
  const budgets = [
    { pointer: '/limits/budget', budget: limits.budget },
    ...SHARES.map((name) => ({ pointer: `/limits/${name}/budget`, budget: limits[name]?.budget })),
  ].filter(({ budget }) => budget !== undefined);
  const cost = offerCost(offer);
  if (budgets.length > 0 && !cost) {
    return [{ pointer: '/offer', detail: 'must say what one coupon can cost at most, in the currency of the budget' }];
  }
  return budgets
    .filter(({ budget }) => budget?.currency !== cost?.currency)
    .map(({ pointer }) => ({ pointer: `${pointer}/currency`, detail: 'must be the currency of the offer' }));
}

function templateErrors(message: CampaignInput['message']): FieldError[] {
  const errors: FieldError[] = [];
  if (Object.keys(message.templates).length === 0) {
    errors.push({ pointer: '/message/templates', detail: 'must have a template in at least one language' });
  }
  for (const [locale, template] of Object.entries(message.templates)) {
    for (const part of ['title', 'body'] as const) {
      const pointer = `/message/templates/${locale}/${part}`;
      for (const name of unknownPlaceholders(template?.[part] ?? '', PLACEHOLDERS)) {
        errors.push({ pointer, detail: `{{${name}}} is not known` });
      }
      if (hasStrayBraces(template?.[part] ?? ''))
        errors.push({ pointer, detail: 'has braces that are not a placeholder' });
    }
  }
  return errors;
}
