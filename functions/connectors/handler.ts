import { httpFunction } from '../shared/http.ts';
import { getConnector, listConnectors, putConnector } from './connectors.ts';
import { getConnectorEvents, postConnectorEvents } from './events.ts';

/** WiFi controllers and other doors: how they are set up, and what they say. */
export const handler = httpFunction('connectors', {
  putConnector,
  getConnector,
  listConnectors,
  postConnectorEvents,
  getConnectorEvents,
});
