import { httpFunction } from '../shared/http.ts';
import { showItem } from './item.ts';
import { claimTap, showTap } from './tap.ts';

/** A tap or a scan, while a person waits: verified, decided and answered in one request. */
export const handler = httpFunction('tap', {
  showTap: showTap('nfc.tap'),
  claimTap,
  showScan: showTap('qr.scan'),
  claimScan: claimTap,
  showItem,
  showSerialItem: showItem,
});
