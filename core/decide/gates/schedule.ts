import { clock, dayOfHours, localTime, withinHours } from '../../time.ts';
import type { Case, GateRule, Verdict } from '../facts.ts';

/** "A campaign runs between its dates, on its days, in its hours, by the clock of the place unless it names another." */
export const schedule: GateRule = {
  gate: 'schedule',
  check: (gateCase) => checkSchedule(gateCase),
  words: {
    en: ({ passed, detail }) => {
      if (passed) return 'The campaign is running now.';
      if (detail.startsAt) return `The campaign starts at ${detail.startsAt}.`;
      if (detail.endsAt) return `The campaign ended at ${detail.endsAt}.`;
      if (detail.timeZone === null) return 'The campaign keeps the hours of the place, and the place is not known.';
      if (detail.days)
        return `It is ${detail.day} ${detail.time} (${detail.timeZone}); the campaign runs on ${list(detail.days)}.`;
      return `It is ${detail.day} ${detail.time} (${detail.timeZone}); the campaign runs ${detail.hours}.`;
    },
    'zh-CN': ({ passed, detail }) => {
      if (passed) return '活动正在进行中。';
      if (detail.startsAt) return `活动将于 ${detail.startsAt} 开始。`;
      if (detail.endsAt) return `活动已于 ${detail.endsAt} 结束。`;
      if (detail.timeZone === null) return '活动按地点的时间进行，但地点未知。';
      if (detail.days)
        return `当地时间 ${detail.day} ${detail.time}（${detail.timeZone}）；活动仅在 ${list(detail.days)} 进行。`;
      return `当地时间 ${detail.day} ${detail.time}（${detail.timeZone}）；活动时段为 ${detail.hours}。`;
    },
  },
};

type Moment = Pick<Case, 'campaign' | 'place' | 'now'>;

/** Asked when deciding, and again when the message is sent. */
export function checkSchedule(moment: Moment): Verdict {
  return checkDates(moment) ?? checkClock(moment);
}

function checkDates({ campaign, now }: Moment): Verdict | undefined {
  const { startsAt, endsAt } = campaign.schedule;
  if (startsAt && now < Date.parse(startsAt)) return { passed: false, detail: { startsAt } };
  if (endsAt && now >= Date.parse(endsAt)) return { passed: false, detail: { endsAt } };
  return undefined;
}

function checkClock({ campaign, place, now }: Moment): Verdict {
  const { days, hours } = campaign.schedule;
  if (!days && !hours) return { passed: true, detail: {} };
  const timeZone = campaign.schedule.timeZone === 'place' ? place?.timeZone : campaign.schedule.timeZone;
  if (!timeZone) return { passed: false, detail: { timeZone: null } };
  const local = localTime(now, timeZone);
  const detail = { day: local.day, time: clock(local), timeZone };
  if (days && !days.includes(dayOfHours(local, hours)))
    return { passed: false, detail: { ...detail, days: [...days] } };
  if (hours && !withinHours(local, hours)) return { passed: false, detail: { ...detail, hours } };
  return { passed: true, detail };
}

const list = (value: unknown): string => (Array.isArray(value) ? value.join(', ') : String(value));
