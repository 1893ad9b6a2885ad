import type { Locale } from '#core/model/campaign.ts';
import type { Playlist } from '#core/model/creative.ts';
import { localName } from '#core/model/local-name.ts';
import type { Place, Screen } from '#core/model/place.ts';
import type { OnAir } from '#core/screens/on-air.ts';
import { getEntry } from '#store/catalogue.ts';
import type { Tenant } from '#store/keys.ts';
import { getSignage } from '#store/signage.ts';
import { brandOfCandidate, lookbackMs } from '../engage/on-air-of.ts';
import { onAirAtScreen } from '../shared/on-air.ts';
import type { Runtime } from '../shared/runtime.ts';
import { creativeName } from './names.ts';

/** Brands that one tap asks: more have no place on a screen within two seconds. */
const MAX_BRANDS = 5;

export type TapKind = 'nfc.tap' | 'qr.scan';

/** A tap that was taken for one: by whom it was opened, at what, and when. `at` in epoch milliseconds. */
export type Tap = {
  tapId: string;
  at: number;
  kind: TapKind;
  /** `signed`: somebody stood there at that moment. `static`: the same for everybody who ever read it. */
  proof: 'signed' | 'static';
  owner: Tenant;
  tagId: string | undefined;
  screenId: string | undefined;
  placeId: string | undefined;
  /** Of a screen's code, which many may read: the half minute in which it was shown. */
  slot?: number | undefined;
};

/** A tap with all that a decision may want to know of where it was. */
export type Arrival = Tap & {
  screen: (Screen & { owner: Tenant }) | undefined;
  place: Place | undefined;
  /** Undefined where there is no screen. */
  onAir: OnAir | undefined;
  /** Whose offer it may be, in the order in which they are asked. */
  brands: string[];
};

/** Looks where a tap was, and what was on air there: the tag says which screen or place, all of its owner's. */
export async function arrive(runtime: Runtime, tap: Tap): Promise<Arrival> {
  const { db } = runtime;
  const { owner, screenId, kind, at } = tap;
  const screen = screenId === undefined ? undefined : await getEntry<Screen>(db, owner, 'screen', screenId);
  const placeId = screen?.placeId ?? tap.placeId;
  const [place, onAir] = await Promise.all([
    placeId === undefined ? undefined : getEntry<Place>(db, owner, 'place', placeId),
    screen && onAirAtScreen(runtime, owner, screen.screenId, at, lookbackMs(kind)),
  ]);
  const brands = await brandsOf(runtime, { owner, screen, onAir });
  return { ...tap, placeId, screen: screen && { ...screen, owner }, place, onAir, brands };
}

/**
 * A brand's own tag speaks for that brand. At a venue's, it is whoever was on air, the likeliest first; where nobody
 * knows, whoever has bought time on that screen, in the order of its playlist.
 */
async function brandsOf(
  runtime: Runtime,
  { owner, screen, onAir }: { owner: Tenant; screen: Screen | undefined; onAir: OnAir | undefined },
): Promise<string[]> {
  if (owner.kind === 'brand') return [owner.id];
  const shown = (onAir?.candidates ?? []).map((candidate) => brandOfCandidate(candidate, owner));
  const isKnown = onAir !== undefined && onAir.candidates.length > 0;
  const named =
    isKnown || screen?.playlistId === undefined ? shown : await playlistBrands(runtime, owner, screen.playlistId);
  return [...new Set(named.flatMap((brand) => brand ?? []))].slice(0, MAX_BRANDS);
}

async function playlistBrands({ db }: Runtime, owner: Tenant, playlistId: string): Promise<(string | undefined)[]> {
  const playlist = await getSignage<Playlist>(db, owner, 'playlist', playlistId);
  return (playlist?.items ?? []).map(({ brand }) => brand);
}

/** What was on air in people's words: each creative once, the likeliest first. */
export function namesOnAir(
  runtime: Runtime,
  { onAir, screen }: Arrival,
  locale: Locale,
): Promise<string[]> | undefined {
  if (!screen || !onAir) return undefined;
  const names = onAir.candidates.map((candidate) => {
    const brand = brandOfCandidate(candidate, screen.owner);
    const owner: Tenant = brand === undefined ? screen.owner : { kind: 'brand', id: brand };
    return creativeName(runtime.db, owner, candidate.creativeId, { locale, now: runtime.now() });
  });
  return Promise.all(names);
}

/** Where one is, in people's words. */
export const whereOf = ({ place, screen }: Arrival, locale: Locale): string[] => [
  ...new Set([place?.name, screen?.name].flatMap((name) => (name === undefined ? [] : [localName(name, locale)]))),
];
