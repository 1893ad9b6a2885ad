import { httpFunction } from '../shared/http.ts';
import { listConsents, postWithdrawal } from './consents.ts';
import { erase, listErasures } from './erasures.ts';
import { exportPerson } from './export.ts';
import { handOver } from './handover.ts';
import { listCoupons, listDecisions, listMessages, listSignals } from './history.ts';
import { importPeople } from './import.ts';
import { deleteLink, getLinks, postLink } from './link.ts';
import { getOne, list, put } from './people.ts';

/** Who a brand's people are, and what became of every signal of theirs. */
export const handler = httpFunction('people', {
  putPerson: put,
  getPerson: getOne,
  listPeople: list,
  importPeople,
  listSignals,
  listDecisions,
  listCoupons,
  listMessages,
  listConsents,
  postWithdrawal,
  handOver,
  postLink,
  getLinks,
  deleteLink,
  exportPerson,
  erasePerson: erase,
  listErasures,
});
