import { clock, localTime, withinTimetable } from '../../time.ts';
import type { Case, GateRule, Verdict } from '../facts.ts';
import { isSensitive } from '../sensitive.ts';

const WITHHELD = '(withheld)';

/** "The offer belongs to these places: the signal must be at one of them, of the right kind, and it must be open." */
export const place: GateRule = {
  gate: 'place',
  check: (gateCase) => checkPlace(gateCase),
  words: {
    en: ({ passed, detail }) => {
      if (passed) return `The place ${detail.placeId} is one of the campaign's.`;
      if (detail.placeId === null) return 'The place of the signal is not known.';
      if (detail.localTime !== undefined)
        return `The place ${detail.placeId} is closed now (${detail.day} ${detail.localTime}).`;
      if (detail.dwellSeconds !== undefined) {
        return `The person stayed ${detail.dwellSeconds} s; the campaign asks for ${detail.wantedSeconds} s.`;
      }
      if (detail.creative !== undefined) return 'Which advert was on air is not known.';
      return `The place ${detail.placeId} is not one of the campaign's.`;
    },
    'zh-CN': ({ passed, detail }) => {
      if (passed) return `地点 ${detail.placeId} 属于本活动。`;
      if (detail.placeId === null) return '信号的地点未知。';
      if (detail.localTime !== undefined)
        return `地点 ${detail.placeId} 现在未营业（${detail.day} ${detail.localTime}）。`;
      if (detail.dwellSeconds !== undefined) {
        return `顾客停留了 ${detail.dwellSeconds} 秒；活动要求 ${detail.wantedSeconds} 秒。`;
      }
      if (detail.creative !== undefined) return '当时播放的广告未知。';
      return `地点 ${detail.placeId} 不属于本活动。`;
    },
  },
};

function checkPlace({ campaign, place: where, signal, now }: Case): Verdict {
  if (!where) return { passed: false, detail: { placeId: null } };
  const { placeIds, placeTags, dwellSeconds, creativeIds } = campaign.trigger;
  // That somebody was at a clinic must not stand in any record.
  const placeId = isSensitive(where) ? WITHHELD : where.placeId;
  const anywhere = placeIds.length === 0 && placeTags.length === 0;
  const named = placeIds.includes(where.placeId) || where.tags.some((tag) => placeTags.includes(tag));
  if (!anywhere && !named) return { passed: false, detail: { placeId } };
  if (signal.kind === 'geofence.dwell' && signal.dwellSeconds !== dwellSeconds) {
    return { passed: false, detail: { placeId, dwellSeconds: signal.dwellSeconds ?? 0, wantedSeconds: dwellSeconds } };
  }
  // A campaign tied to an advert fires only where the advert on air is known, never on a guess.
  if (creativeIds.length > 0) return { passed: false, detail: { placeId, creative: 'unknown' } };
  if (where.openingHours) {
    const local = localTime(now, where.timeZone);
    if (!withinTimetable(local, where.openingHours)) {
      return { passed: false, detail: { placeId, day: local.day, localTime: clock(local) } };
    }
  }
  return { passed: true, detail: { placeId } };
}
