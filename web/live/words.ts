import { localName } from '#core/model/local-name.ts';
import type { Decision } from '../shared/api.ts';
import { isWord, type Lang, type Translate } from '../shared/i18n.ts';
import type { Names } from './directory.ts';
import type { Entry } from './live-store.ts';

type Say = { t: Translate; lang: Lang; names: Names };

/** `Mei entered Harbour Dairy`. */
export function sentenceOf(entry: Entry, { t, lang, names }: Say): string {
  const person = entry.personId === undefined ? t('said.somebody') : (names.person(entry.personId) ?? entry.personId);
  const place = placeName(entry.placeId, { t, lang, names });
  if (entry.type === 'redemption') return t('said.redemption', { person, place });
  if (entry.type === 'message')
    return t('said.message', { person, channel: channelName(entry.channel, t), state: messageState(entry.state, t) });
  const word = `said.${entry.kind}`;
  return isWord(word) ? t(word, { person, place }) : `${person} · ${entry.kind} · ${place}`;
}

export function placeName(placeId: string | undefined, { t, lang, names }: Say): string {
  if (placeId === undefined) return t('said.somewhere');
  return localName(names.place(placeId) ?? placeId, lang);
}

export function campaignName(campaignId: string, { lang, names }: Pick<Say, 'lang' | 'names'>): string {
  return localName(names.campaign(campaignId) ?? campaignId, lang);
}

/** `offered`, or `skipped at frequency: had 1 in the last 7 days`. The feed's own text is English; Chinese says it in general. */
export function verdictOf({ outcome, reasons }: Decision, { t, lang }: Pick<Say, 't' | 'lang'>): string {
  if (outcome === 'offered') return t('said.offered');
  if (outcome === 'held-out') return t('said.heldOut');
  const stop = reasons.find(({ passed }) => !passed);
  if (!stop) return t('outcome.skipped');
  const general = t(`why.${stop.gate}`);
  return t('said.skippedAt', { gate: t(`gate.${stop.gate}`), why: lang === 'en' && stop.text ? stop.text : general });
}

export function channelName(channel: string, t: Translate): string {
  const word = `channel.${channel}`;
  return isWord(word) ? t(word) : channel;
}

export function messageState(state: string, t: Translate): string {
  const word = `message.${state}`;
  return isWord(word) ? t(word) : state;
}
