import type { NotBought } from '../model/campaign.ts';
import { durationMs } from '../model/common.ts';
import type { Person } from '../model/person.ts';

/** Whether somebody has bought what a campaign would sell them, by the channel and within the time that it names. */
export function hasBought(person: Pick<Person, 'behaviour'>, asked: NotBought, now: number): boolean {
  const { channel, categories, skus } = asked;
  const since = now - durationMs(asked.within);
  const isAnything = categories.length === 0 && skus.length === 0;
  return (person.behaviour?.purchases ?? []).some(
    (purchase) =>
      purchase.at > since &&
      (channel === 'any' || purchase.channel === channel) &&
      (isAnything ||
        purchase.categories.some((category) => categories.includes(category)) ||
        purchase.skus.some((sku) => skus.includes(sku))),
  );
}
