import { httpFunction } from '../shared/http.ts';
import { importPurchases } from './import.ts';
import { listPurchases, postPurchase } from './purchases.ts';

/** What a brand's customers bought, in shops and online. */
export const handler = httpFunction('purchases', { postPurchase, importPurchases, listPurchases });
