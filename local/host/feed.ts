import type { ServerResponse } from 'node:http';
import type { _Record as StreamRecord } from '@aws-sdk/client-dynamodb-streams';
import { decisionViews, messageView } from '#functions/people/history.ts';
import { fromItem, type Item } from '#store/client.ts';
import type { StoredCoupon } from '#store/coupons.ts';
import { entryOf } from '#store/ledger.ts';
import type { WalkerPoint } from '../walkers.ts';

/** More watchers than this is not somebody looking at their own machine. */
const MAX_WATCHERS = 20;
/** A watcher that does not read gets no more until it does. */
const MAX_UNREAD_BYTES = 1_000_000;

/** What the live page sees: server-sent events made of the table's own stream, and of the walkers' steps. */
export function createFeed() {
  const watchers = new Set<ServerResponse>();
  const counters = { positions: 0, signals: 0, offered: 0, heldOut: 0, skipped: 0, sent: 0, redeemed: 0 };
  let counted = '';

  const emit = (event: string, data: unknown): void => {
    const text = `event: ${event}\ndata: ${JSON.stringify(data)}\n\n`;
    for (const watcher of watchers) if (watcher.writableLength < MAX_UNREAD_BYTES) watcher.write(text);
  };

  const onSignal = (item: Item): void => {
    const entry = entryOf(item);
    const { signalId, kind, placeId, personId, at, outcome, reason } = entry;
    const decisions = personId === undefined ? [] : decisionViews(entry, personId, 'en');
    counters.signals += 1;
    if (outcome === 'skipped') counters.skipped += 1;
    for (const decision of decisions) {
      if (decision.outcome === 'offered') counters.offered += 1;
      else if (decision.outcome === 'held-out') counters.heldOut += 1;
      // Every live campaign is asked at every place; only those of this place say something about the person.
      else if (decision.reasons.at(-1)?.gate !== 'place') counters.skipped += 1;
    }
    emit('signal', { signalId, kind, placeId, personId, at, outcome, reason, decisions });
  };

  const onMessage = (coupon: StoredCoupon): void => {
    const message = messageView(coupon, Date.now());
    if (message.state === 'SENT') counters.sent += 1;
    emit('message', { personId: coupon.personId, ...message });
  };

  const onRedemption = ({ couponId, campaignId, personId, redemption }: StoredCoupon): void => {
    if (!redemption) return;
    counters.redeemed += 1;
    const { placeId, redeemedAt } = redemption;
    emit('redemption', { couponId, campaignId, personId, placeId, redeemedAt: new Date(redeemedAt).toISOString() });
  };

  /** A coupon's item tells of its message and of its redemption: whichever has moved. */
  const onCoupon = (coupon: StoredCoupon, before: StoredCoupon | undefined): void => {
    if (coupon.send !== before?.send) onMessage(coupon);
    if (coupon.state !== before?.state && coupon.state === 'redeemed') onRedemption(coupon);
  };

  return {
    watch: (response: ServerResponse): void => {
      if (watchers.size >= MAX_WATCHERS) {
        response.writeHead(503).end();
        return;
      }
      response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' });
      response.write(`event: counters\ndata: ${JSON.stringify(counters)}\n\n`);
      watchers.add(response);
      response.on('close', () => watchers.delete(response));
    },
    onPositions: (count: number): void => {
      counters.positions += count;
    },
    onWalkers: (walkers: WalkerPoint[]): void => {
      emit('walkers', { at: new Date().toISOString(), walkers });
    },
    /** Records of the offers table, in order. */
    onRecords: (records: readonly StreamRecord[]): void => {
      for (const { eventName, dynamodb } of records) {
        if (!dynamodb?.NewImage) continue;
        const item = fromItem<Item>(dynamodb.NewImage);
        if (item.entity === 'signal' && eventName === 'INSERT') onSignal(item);
        else if (item.entity === 'coupon') {
          onCoupon(item as StoredCoupon, dynamodb.OldImage && fromItem<StoredCoupon>(dynamodb.OldImage));
        }
      }
    },
    /** Once a second: counters, where they have changed. */
    tick: (): void => {
      const now = JSON.stringify(counters);
      if (now !== counted) emit('counters', counters);
      counted = now;
    },
    close: (): void => {
      for (const watcher of watchers) watcher.end();
    },
  };
}
