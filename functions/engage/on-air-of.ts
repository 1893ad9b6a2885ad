import type { Signal, SignalKind } from '#core/model/signal.ts';
import { type Candidate, MAX_LOOKBACK_MS, type OnAir } from '#core/screens/on-air.ts';
import type { Tenant } from '#store/keys.ts';
import { onAirAtScreen } from '../shared/on-air.ts';
import type { Runtime } from '../shared/runtime.ts';

type OwnOnAir = NonNullable<Signal['onAir']>;

/** Kinds of signals by which people say: I want that. They do so for what they have just seen, which may be gone. */
const ANSWERS: readonly SignalKind[] = ['nfc.tap', 'qr.scan', 'screen.interaction'];
export const lookbackMs = (kind: SignalKind): number => (ANSWERS.includes(kind) ? MAX_LOOKBACK_MS : 0);

/** Whose creative a candidate is; undefined for a venue's own. */
export const brandOfCandidate = ({ brand }: Pick<Candidate, 'brand'>, screenOwner: Tenant): string | undefined =>
  brand ?? (screenOwner.kind === 'brand' ? screenOwner.id : undefined);

/** Of what was on air the brand's own part: of the others' it learns nothing. */
export function ownOnAir({ candidates }: Pick<OnAir, 'candidates'>, screenOwner: Tenant, brand: string): OwnOnAir {
  return candidates
    .filter((candidate) => brandOfCandidate(candidate, screenOwner) === brand)
    .map(({ creativeId, share }) => ({ creativeId, share }));
}

/** Which of the brand's creatives were on air at a screen when a signal happened, or just before. */
export async function onAirOf(
  runtime: Pick<Runtime, 'db'>,
  { brand, kind, occurredAt }: Signal,
  { screenId, owner }: { screenId: string; owner: Tenant },
): Promise<OwnOnAir> {
  const onAir = await onAirAtScreen(runtime, owner, screenId, Date.parse(occurredAt), lookbackMs(kind));
  return ownOnAir(onAir, owner, brand);
}
