import { signalFromApi } from '#core/signals/from-api.ts';
import { nobodysSignalId } from '#core/signals/nobodys.ts';
import { putBrand } from '#functions/catalogue/brand.ts';
import { launchCampaign, pauseCampaign, putCampaign } from '#functions/catalogue/campaigns.ts';
import { putPlace } from '#functions/catalogue/places.ts';
import { postSignals } from '#functions/ingest/signals.ts';
import { put as putPerson } from '#functions/people/people.ts';
import { withdraw as withdrawConsent } from '#store/people.ts';
import { COUPON_SECRET } from './runtime.ts';
import type { PlannedBrand, PlannedSignal, Scenario } from './scenario.ts';
import { TIME_ZONE } from './scenario.ts';
import type { Cause, Terms, Truth } from './truth.ts';
import type { Answer, HttpCall, World } from './world.ts';

const MAX_TRIES = 8;
/** A marketer who wants a campaign stopped does not give up: this outlasts three hours of outage. */
const PATIENT_TRIES = 60;
const MAX_WAIT_MS = 300_000;

/** Asks until there is an answer that is not "try again"; undefined when a client would have given up. */
export async function insist(world: World, call: HttpCall, tries = MAX_TRIES): Promise<Answer | undefined> {
  for (let attempt = 0; attempt < tries; attempt += 1) {
    const answer = await world.http(call);
    if (answer && answer.status < 500) return answer;
    await world.scheduler.sleep(world.faults.random.between(0.5, 1) * Math.min(200 * 2 ** attempt, MAX_WAIT_MS));
  }
  return undefined;
}

async function mustWork(world: World, call: HttpCall): Promise<void> {
  const answer = await insist(world, call);
  if (answer?.status !== 200) throw new Error(`the scenario cannot be set up: ${call.functionName} ${answer?.text}`);
}

/** Brands, places, campaigns and people, before anything goes wrong. */
export async function setUp(world: World, truth: Truth, scenario: Scenario): Promise<void> {
  await Promise.all(scenario.brands.map((planned) => setUpBrand(world, truth, planned)));
}

async function setUpBrand(world: World, truth: Truth, planned: PlannedBrand): Promise<void> {
  const { brand, rules, campaigns, people, placeIds } = planned;
  truth.brands.set(brand, planned);
  const marketer = { brand, role: 'marketer' as const };
  await mustWork(world, { ...marketer, functionName: 'catalogue', step: putBrand, body: rules });
  for (const [index, placeId] of placeIds.entries()) {
    const geometry = { type: 'Point', coordinates: [121.47 + index / 100, 31.23] };
    const body = { name: placeId, timeZone: TIME_ZONE, geometry, radiusM: 60, tags: ['store'] };
    await mustWork(world, { ...marketer, functionName: 'catalogue', step: putPlace, path: { placeId }, body });
  }
  for (const { campaignId, body } of campaigns) {
    const path = { campaignId };
    await mustWork(world, { ...marketer, functionName: 'catalogue', step: putCampaign, path, body });
    await mustWork(world, { ...marketer, functionName: 'catalogue', step: launchCampaign, path });
    const terms: Terms = {
      from: 0,
      until: 0,
      state: 'live',
      stock: body.limits?.stock,
      budget: body.limits?.budget?.amount,
    };
    truth.campaigns.set(campaignId, { brand, campaignId, body, current: body, terms: [terms], coupons: [] });
  }
  await Promise.all(
    people.map(({ personId, body }) =>
      mustWork(world, { ...marketer, functionName: 'people', step: putPerson, path: { personId }, body }),
    ),
  );
}

/** Everything that the outside world will do, at its times. */
export function plan(world: World, truth: Truth, scenario: Scenario): void {
  const { scheduler } = world;
  const start = scheduler.now();
  for (const signal of scenario.signals) {
    for (const at of [signal.at, ...signal.again])
      scheduler.at(start + at, () => void post(world, truth, signal, start));
  }
  for (const { at, body } of scenario.poison) scheduler.at(start + at, () => world.queues.signals.put({ body }));
  for (const change of scenario.changes)
    scheduler.at(start + change.at, () => void changeCampaign(world, truth, change));
  for (const withdrawal of scenario.withdrawals)
    scheduler.at(start + withdrawal.at, () => void withdraw(world, truth, withdrawal));
}

async function post(world: World, truth: Truth, signal: PlannedSignal, start: number): Promise<void> {
  const { brand, id, device, placeId } = signal;
  const at = new Date(start + signal.occurredAt).toISOString();
  const input = {
    ...(id !== undefined && { id }),
    kind: 'geofence.enter' as const,
    at,
    subject: { kind: 'device' as const, value: device },
    placeId,
  };
  const { signalId } = signalFromApi(input, { brand, trust: 'T1', receivedAt: at });
  const key = `${brand}/${signalId}/${at}`;
  const cause: Cause = truth.causes.get(key) ?? {
    key,
    brand,
    personId: signal.personId,
    occurredAt: start + signal.occurredAt,
    accepted: false,
    posts: 0,
  };
  truth.causes.set(key, cause);
  truth.nobodys.set(`${brand}/${nobodysSignalId(COUPON_SECRET, brand, signalId)}/${at}`, key);
  cause.posts += 1;
  const answer = await insist(world, {
    functionName: 'ingest',
    step: postSignals,
    brand,
    role: 'app',
    body: { signals: [input] },
  });
  if (answer?.status === 202) cause.accepted = true;
}

/** One marketer for each campaign, who does one thing after the other. */
const busyWith = new WeakMap<World, Map<string, Promise<void>>>();

async function changeCampaign(world: World, truth: Truth, change: Scenario['changes'][number]): Promise<void> {
  const queues = busyWith.get(world) ?? new Map<string, Promise<void>>();
  busyWith.set(world, queues);
  const before = queues.get(change.campaignId) ?? Promise.resolve();
  const mine = before.then(() => carryOutChange(world, truth, change));
  queues.set(change.campaignId, mine);
  await mine;
}

async function carryOutChange(
  world: World,
  truth: Truth,
  { brand, campaignId, change }: Scenario['changes'][number],
): Promise<void> {
  const campaign = truth.campaigns.get(campaignId);
  const last = campaign?.terms.at(-1);
  if (!campaign || !last) return;
  const { scheduler, random } = world;
  const common = { functionName: 'catalogue', brand, role: 'marketer' as const, path: { campaignId } };
  const apply = async (next: Omit<Terms, 'from' | 'until'>, call: Pick<HttpCall, 'step' | 'body'>): Promise<void> => {
    const terms: Terms = { ...next, from: scheduler.now(), until: Number.POSITIVE_INFINITY };
    campaign.terms.push(terms);
    const answer = await insist(world, { ...common, ...call }, PATIENT_TRIES);
    if (answer?.status === 200) terms.until = scheduler.now();
  };
  if (change === 'pause') {
    await apply({ ...last, state: 'paused' }, { step: pauseCampaign });
    await scheduler.sleep(random.between(10_000, 600_000));
    // Launching it again does not revive one whose end has passed.
    await apply({ ...last, state: last.over ? 'paused' : 'live' }, { step: launchCampaign });
    return;
  }
  if (change === 'end') {
    const already = campaign.current.schedule?.endsAt ?? '9999';
    const now = new Date(scheduler.now()).toISOString();
    // A later end would revive one that is over.
    const [endsAt = now] = [already, now].sort();
    campaign.current = { ...campaign.current, schedule: { ...campaign.current.schedule, endsAt } };
    await apply({ ...last, state: 'paused', over: true }, { step: putCampaign, body: campaign.current });
    return;
  }
  if (last.stock === undefined) return;
  const stock = change === 'raise' ? last.stock + random.int(1, 30) : Math.floor(last.stock * random.next());
  const limits = { ...campaign.current.limits, stock };
  for (const share of ['perDay', 'perPlace'] as const) {
    if (limits[share]?.stock !== undefined) limits[share] = { stock: Math.min(limits[share].stock, stock) };
  }
  campaign.current = { ...campaign.current, limits };
  const lowered = last.lowered || stock < last.stock;
  await apply({ ...last, stock, ...(lowered && { lowered }) }, { step: putCampaign, body: campaign.current });
}

/** Ends marketing, on a channel or altogether. */
export async function withdraw(
  world: World,
  truth: Truth,
  { brand, personId, how, channel }: Scenario['withdrawals'][number],
): Promise<void> {
  if (how === 'unsubscribe') {
    for (let attempt = 0; attempt < MAX_TRIES; attempt += 1) {
      const done = await world
        .inFunction('unsubscribe', ({ db, now }) =>
          withdrawConsent(db, brand, personId, {
            scopes: [{ purpose: 'marketing', channel }],
            source: 'one-click',
            now: now(),
          }),
        )
        .catch(() => false);
      if (done) return;
      await world.scheduler.sleep(1_000 * 2 ** attempt);
    }
    return;
  }
  const person = truth.brands.get(brand)?.people.find((one) => one.personId === personId);
  if (!person) return;
  // By a clock that may lag: what is withdrawn is withdrawn when it is said, not when somebody's clock says.
  const at = new Date(world.scheduler.now()).toISOString();
  const consents = [
    ...person.body.consents,
    { purpose: 'marketing' as const, channel: 'any' as const, granted: false, at, source: 'profile' },
  ];
  const body = { ...person.body, consents };
  await insist(world, { functionName: 'people', step: putPerson, brand, role: 'marketer', path: { personId }, body });
}
