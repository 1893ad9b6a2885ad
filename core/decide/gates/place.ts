import type { Campaign, Locale } from '../../model/campaign.ts';
import type { Detail } from '../../model/decision.ts';
import type { Signal } from '../../model/signal.ts';
import { isOpen } from '../../opening.ts';
import { clock, localTime } from '../../time.ts';
import type { Case, GateRule, Verdict } from '../facts.ts';
import { isSensitive } from '../sensitive.ts';

const WITHHELD = '(withheld)';

/**
 * "The offer belongs to these places: the signal must be at one of them, of the right kind, and it must be open. An offer
 * that belongs to adverts asks that one of them was on air; where nobody knows what was, the campaign says what then."
 */
export const place: GateRule = {
  gate: 'place',
  check: (gateCase) => checkPlace(gateCase),
  words: {
    en: ({ passed, detail }) => {
      if (passed) return `The place ${detail.placeId} is one of the campaign's.${onAirWords(detail, 'en')}`;
      if (detail.placeId === null) return 'The place of the signal is not known.';
      if (detail.localTime !== undefined)
        return `The place ${detail.placeId} is closed now (${detail.day} ${detail.localTime}).`;
      if (detail.dwellSeconds !== undefined) {
        return `The person stayed ${detail.dwellSeconds} s; the campaign asks for ${detail.wantedSeconds} s.`;
      }
      if (detail.share !== undefined) {
        return `Another advert was on air: ${detail.creative}${sureness(detail, 'en')}.`;
      }
      if (detail.creative !== undefined) return 'Which advert was on air is not known.';
      return `The place ${detail.placeId} is not one of the campaign's.`;
    },
    'zh-CN': ({ passed, detail }) => {
      if (passed) return `地点 ${detail.placeId} 属于本活动。${onAirWords(detail, 'zh-CN')}`;
      if (detail.placeId === null) return '信号的地点未知。';
      if (detail.localTime !== undefined)
        return `地点 ${detail.placeId} 现在未营业（${detail.day} ${detail.localTime}）。`;
      if (detail.dwellSeconds !== undefined) {
        return `顾客停留了 ${detail.dwellSeconds} 秒；活动要求 ${detail.wantedSeconds} 秒。`;
      }
      if (detail.share !== undefined) return `当时播放的是其他广告：${detail.creative}${sureness(detail, 'zh-CN')}。`;
      if (detail.creative !== undefined) return '当时播放的广告未知。';
      return `地点 ${detail.placeId} 不属于本活动。`;
    },
  },
};

/** A creative stands in a detail with its share of the moment; without one, nobody knows what was on air. */
type OnAirDetail = { creative?: string; share?: number };

function checkPlace({ campaign, place: where, signal, now }: Case): Verdict {
  if (!where) return { passed: false, detail: { placeId: null } };
  const { placeIds, placeTags, dwellSeconds } = campaign.trigger;
  // That somebody was at a clinic must not stand in any record.
  const placeId = isSensitive(where) ? WITHHELD : where.placeId;
  const anywhere = placeIds.length === 0 && placeTags.length === 0;
  const named = placeIds.includes(where.placeId) || where.tags.some((tag) => placeTags.includes(tag));
  if (!anywhere && !named) return { passed: false, detail: { placeId } };
  if (signal.kind === 'geofence.dwell' && signal.dwellSeconds !== dwellSeconds) {
    return { passed: false, detail: { placeId, dwellSeconds: signal.dwellSeconds ?? 0, wantedSeconds: dwellSeconds } };
  }
  const onAir = checkOnAir(campaign, signal);
  if (!onAir.passed) return { passed: false, detail: { placeId, ...onAir.detail } };
  if (!isOpen(where, now)) {
    const local = localTime(now, where.timeZone);
    return { passed: false, detail: { placeId, day: local.day, localTime: clock(local) } };
  }
  return { passed: true, detail: { placeId, ...onAir.detail } };
}

/** A campaign tied to adverts: of those on air that it names the likeliest, or else what kept it from passing. */
function checkOnAir({ trigger }: Campaign, { onAir = [] }: Signal): { passed: boolean; detail: OnAirDetail } {
  const { creativeIds, creativeUnknown } = trigger;
  if (creativeIds.length === 0) return { passed: true, detail: {} };
  const likeliestFirst = [...onAir].sort((a, b) => b.share - a.share);
  const named = likeliestFirst.find(({ creativeId }) => creativeIds.includes(creativeId));
  const shown = named ?? likeliestFirst[0];
  if (!shown) return { passed: creativeUnknown === 'offer', detail: { creative: 'unknown' } };
  return { passed: named !== undefined, detail: { creative: shown.creativeId, share: shown.share } };
}

function onAirWords(detail: Detail, locale: Locale): string {
  if (detail.creative === undefined) return '';
  if (detail.share === undefined) {
    return locale === 'en'
      ? ' Which advert was on air is not known; the campaign offers all the same.'
      : '当时播放的广告未知，活动仍提供优惠。';
  }
  return locale === 'en'
    ? ` Its advert ${detail.creative} was on air${sureness(detail, locale)}.`
    : `其广告 ${detail.creative} 当时正在播放${sureness(detail, locale)}。`;
}

/** How surely, in whole per cent, where it is not certain. */
function sureness({ share }: Detail, locale: Locale): string {
  const percent = Math.round(Number(share) * 100);
  if (percent >= 100) return '';
  return locale === 'en' ? ` (${percent} % sure)` : `（把握 ${percent}%）`;
}
