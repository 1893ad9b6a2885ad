import { createConfirmationSender } from '#channels/email.ts';
import { ENV } from '../routes.ts';
import { once, requireEnv } from '../shared/environment.ts';
import { httpFunction } from '../shared/http.ts';
import { listConsents, postWithdrawal } from './consents.ts';
import { erase, listErasures } from './erasures.ts';
import { exportPerson } from './export.ts';
import { handOver } from './handover.ts';
import { listCoupons, listDecisions, listMessages, listSignals } from './history.ts';
import { importPeople } from './import.ts';
import { deleteLink, getLinks, postLink } from './links.ts';
import { getOne, list, put } from './people.ts';

const sender = once(() => createConfirmationSender({ from: requireEnv(ENV.emailFrom) }));

/** Who a brand's people are, and what became of every signal of theirs. */
export const handler = httpFunction('people', {
  putPerson: (request) => put(request, (mail) => sender()(mail)),
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
