/**
 * What runs, what triggers it, and what it may touch: data, and the only place that says so.
 * `lib/` builds AWS from it, `local/` dispatches by it, `functions/meta/openapi.ts` documents it.
 */

export const ROLES = ['marketer', 'operator', 'associate', 'till', 'app'] as const;
export type Role = (typeof ROLES)[number];

export type TableName = 'catalogue' | 'people' | 'presence' | 'offers' | 'stock' | 'plays' | 'tombstones';
export type QueueName = 'positions' | 'visits' | 'signals' | 'email' | 'sms' | 'webhook' | 'geofences' | 'snapshots';
/** Codes; links and cookies; NTAG keys; what venues' doors keep (QR, connectors' secrets, addresses); signed reports. */
export type SecretName = 'couponSecret' | 'linkSecret' | 'tagSecret' | 'venueSecret' | 'reportSecret';
export type ProviderName = 'ses' | 'sms';
/** Who tells where devices are: Beckon's own index, or Amazon Location. A deployment has one of them. */
export const LOCATORS = ['embedded', 'amazon'] as const;
export type Locator = (typeof LOCATORS)[number];
/** What a function asks of Amazon Location: geofences written, read back, positions sent (and taken back). */
export type LocationAccess = 'write-geofences' | 'read-geofences' | 'positions';

export type HttpRoute = {
  method: 'GET' | 'PUT' | 'POST' | 'DELETE';
  /** API Gateway syntax: `/v1/places/{placeId}`. */
  path: string;
  /** Names the step in the handler and the `operationId` in the OpenAPI document. */
  operation: string;
  /** `public` routes carry no bearer token. */
  roles: readonly Role[] | 'public';
  /** Largest body in bytes; more is 413. Lambda takes events of 6 MB, in which a body may be base64: 4 MB at most. */
  maxBodyBytes?: number;
  /** The body is not JSON: the step reads `bytes`. Public routes' never is. */
  body?: 'text';
};

export type QueueTrigger = {
  queue: QueueName;
  batchSize: number;
  /** Keeps the order within a message group; senders name the group. */
  fifo?: true;
  /** At most so many batches at the same time: what they call has a limit of its own. */
  maxConcurrency?: number;
  /** Its messages may be kept back for so long before anybody sees them; 900, SQS's limit, at most. */
  keptBackSeconds?: number;
};
export type StreamFilter = {
  entity: string;
  eventNames: readonly ('INSERT' | 'MODIFY')[];
  /** Only items with this attribute, a string. */
  having?: string;
};
/** Lambda lets at most two functions read one stream. */
export type StreamTrigger = {
  table: TableName;
  batchSize: number;
  filter: StreamFilter;
  /** It compares with what was there before: the table's stream carries both. */
  oldImages?: true;
};
export type EventTrigger = { source: string[]; detailType: string[] };
export type ScheduleTrigger = { everyMinutes: number };

export type FunctionSpec = {
  /** Folder under `functions/`; its `handler.ts` exports `handler`. */
  name: string;
  http?: readonly HttpRoute[];
  queue?: QueueTrigger;
  stream?: StreamTrigger;
  event?: EventTrigger;
  schedule?: ScheduleTrigger;
  tables?: Partial<Record<TableName, 'read' | 'write'>>;
  sends?: readonly QueueName[];
  secrets?: readonly SecretName[];
  provider?: ProviderName;
  /** Files of places (`functions/build-places`). */
  files?: 'read' | 'write';
  timeoutSeconds: number;
  memoryMb: number;
  /** Decides about offers, launches what will be decided on, or sends itself: it is told which channels have a sender. */
  decides?: true;
  /** Erases people: it looks through every dead-letter queue for what names them. */
  erases?: true;
  /** Public routes that know a bearer token where one is sent. */
  knowsCallers?: true;
  /** Only where this locator is chosen. */
  locator?: Locator;
  /** What it asks of Amazon Location. */
  location?: readonly LocationAccess[];
  /** What it does besides where Amazon Location is the locator; it is told that it is. */
  withAmazon?: { sends: readonly QueueName[] };
  /** On a signal's way: its bundle and cold start are held to a limit by `npm run bench -- coldstart`. */
  hot?: true;
};

/** After this many receives a message goes to the dead-letter queue with its reason. */
export const MAX_RECEIVES = 5;
/** As long as SQS keeps a message back; whoever wakes too early goes to sleep again. */
export const MAX_KEPT_BACK_SECONDS = 900;
const MB = 1024 * 1024;

/** The functions of every deployment there may be. */
export const everyFunction: readonly FunctionSpec[] = [
  {
    name: 'ingest',
    http: [
      { method: 'POST', path: '/v1/positions', operation: 'postPositions', roles: ['app', 'marketer'] },
      { method: 'POST', path: '/v1/signals', operation: 'postSignals', roles: ['app', 'marketer', 'associate'] },
    ],
    sends: ['positions', 'signals'],
    timeoutSeconds: 10,
    memoryMb: 512,
    hot: true,
  },
  {
    name: 'ingest-geo',
    locator: 'amazon',
    event: { source: ['aws.geo'], detailType: ['Location Geofence Event'] },
    tables: { catalogue: 'read', presence: 'write', tombstones: 'read' },
    sends: ['signals', 'visits'],
    secrets: ['linkSecret'],
    timeoutSeconds: 10,
    memoryMb: 512,
    hot: true,
  },
  {
    name: 'track',
    locator: 'amazon',
    // Five at a time make some sixty calls a second; Amazon Location takes fifty, and the rest waits its turn.
    queue: { queue: 'positions', batchSize: 10, fifo: true, maxConcurrency: 5 },
    tables: { catalogue: 'read', tombstones: 'read' },
    secrets: ['linkSecret'],
    location: ['positions'],
    timeoutSeconds: 60,
    memoryMb: 512,
  },
  {
    name: 'sync-places',
    locator: 'amazon',
    queue: { queue: 'geofences', batchSize: 1, fifo: true, maxConcurrency: 2 },
    tables: { catalogue: 'write' },
    location: ['write-geofences', 'read-geofences'],
    // What fails comes back after six times as long, and keeps its owner's other places waiting.
    timeoutSeconds: 90,
    memoryMb: 1024,
  },
  {
    name: 'build-places',
    queue: { queue: 'snapshots', batchSize: 1, maxConcurrency: 2, keptBackSeconds: 60 },
    tables: { catalogue: 'write' },
    files: 'write',
    timeoutSeconds: 900,
    memoryMb: 3008,
  },
  {
    name: 'check-places',
    locator: 'amazon',
    schedule: { everyMinutes: 30 },
    tables: { catalogue: 'write' },
    sends: ['geofences'],
    location: ['read-geofences'],
    timeoutSeconds: 900,
    memoryMb: 1024,
  },
  {
    name: 'locate',
    locator: 'embedded',
    queue: { queue: 'positions', batchSize: 10, fifo: true },
    tables: { catalogue: 'read', presence: 'write', tombstones: 'read' },
    files: 'read',
    sends: ['signals', 'visits', 'snapshots'],
    secrets: ['linkSecret'],
    timeoutSeconds: 30,
    memoryMb: 1024,
    hot: true,
  },
  {
    name: 'visits',
    // Sixteen parts of a launch, fifty visits each and every second: those who are inside are not told all at once.
    queue: { queue: 'visits', batchSize: 10, maxConcurrency: 4, keptBackSeconds: MAX_KEPT_BACK_SECONDS },
    tables: { catalogue: 'read', presence: 'write', tombstones: 'read' },
    sends: ['signals', 'visits'],
    secrets: ['linkSecret'],
    timeoutSeconds: 30,
    memoryMb: 1024,
    withAmazon: { sends: [] },
  },
  {
    name: 'engage',
    queue: { queue: 'signals', batchSize: 10 },
    tables: { catalogue: 'read', people: 'write', offers: 'write', stock: 'write', plays: 'read', tombstones: 'read' },
    secrets: ['couponSecret', 'linkSecret'],
    timeoutSeconds: 30,
    memoryMb: 1024,
    decides: true,
    hot: true,
  },
  {
    name: 'relay',
    stream: { table: 'offers', batchSize: 100, filter: { entity: 'coupon', eventNames: ['INSERT'] } },
    sends: ['email', 'sms'],
    timeoutSeconds: 30,
    memoryMb: 512,
    hot: true,
  },
  {
    name: 'effects',
    stream: {
      table: 'offers',
      batchSize: 100,
      filter: { entity: 'coupon', eventNames: ['INSERT', 'MODIFY'], having: 'screenId' },
    },
    tables: { plays: 'write' },
    timeoutSeconds: 30,
    memoryMb: 512,
  },
  {
    name: 'membership',
    stream: {
      table: 'people',
      batchSize: 100,
      filter: { entity: 'person', eventNames: ['INSERT', 'MODIFY'] },
      oldImages: true,
    },
    tables: { catalogue: 'read', people: 'read', stock: 'read' },
    sends: ['webhook'],
    timeoutSeconds: 30,
    memoryMb: 512,
  },
  {
    name: 'deliver-webhook',
    queue: { queue: 'webhook', batchSize: 10 },
    tables: { catalogue: 'read', tombstones: 'read' },
    secrets: ['venueSecret', 'linkSecret'],
    timeoutSeconds: 15,
    memoryMb: 512,
  },
  {
    name: 'deliver-email',
    queue: { queue: 'email', batchSize: 10 },
    tables: { catalogue: 'read', people: 'read', offers: 'write', tombstones: 'read' },
    secrets: ['couponSecret', 'linkSecret'],
    provider: 'ses',
    timeoutSeconds: 30,
    memoryMb: 512,
  },
  {
    name: 'deliver-sms',
    queue: { queue: 'sms', batchSize: 10 },
    tables: { catalogue: 'read', people: 'read', offers: 'write', tombstones: 'read' },
    secrets: ['couponSecret', 'linkSecret'],
    provider: 'sms',
    timeoutSeconds: 30,
    memoryMb: 512,
  },
  {
    name: 'redeem',
    http: [
      { method: 'POST', path: '/v1/coupons/{code}/reserve', operation: 'reserveCoupon', roles: ['till', 'associate'] },
      { method: 'POST', path: '/v1/coupons/{code}/redeem', operation: 'redeemCoupon', roles: ['till', 'associate'] },
      {
        method: 'POST',
        path: '/v1/coupons/{code}/rollback',
        operation: 'rollbackCoupon',
        roles: ['till', 'associate'],
      },
    ],
    tables: { catalogue: 'read', people: 'write', offers: 'write' },
    secrets: ['couponSecret'],
    timeoutSeconds: 10,
    memoryMb: 1024,
  },
  {
    name: 'catalogue',
    http: [
      { method: 'GET', path: '/v1/brand', operation: 'getBrand', roles: ['marketer'] },
      { method: 'PUT', path: '/v1/brand', operation: 'putBrand', roles: ['marketer'] },
      {
        method: 'PUT',
        path: '/v1/places/{placeId}',
        operation: 'putPlace',
        roles: ['marketer', 'operator'],
        maxBodyBytes: 4 * MB,
      },
      {
        method: 'GET',
        path: '/v1/places/{placeId}',
        operation: 'getPlace',
        roles: ['marketer', 'operator', 'associate'],
      },
      { method: 'GET', path: '/v1/places', operation: 'listPlaces', roles: ['marketer', 'operator', 'associate'] },
      { method: 'DELETE', path: '/v1/places/{placeId}', operation: 'deletePlace', roles: ['marketer', 'operator'] },
      {
        method: 'POST',
        path: '/v1/places/import',
        operation: 'importPlaces',
        roles: ['marketer', 'operator'],
        maxBodyBytes: 4 * MB,
      },
      { method: 'GET', path: '/v1/places/near', operation: 'nearPlaces', roles: ['app', 'marketer'] },
      { method: 'GET', path: '/v1/places/sync', operation: 'getPlacesSync', roles: ['marketer', 'operator'] },
      { method: 'POST', path: '/v1/places/sync', operation: 'syncAllPlaces', roles: ['marketer', 'operator'] },
      {
        method: 'PUT',
        path: '/v1/sensitive-places/{sensitivePlaceId}',
        operation: 'putSensitivePlace',
        roles: ['marketer', 'operator'],
        maxBodyBytes: 4 * MB,
      },
      {
        method: 'DELETE',
        path: '/v1/sensitive-places/{sensitivePlaceId}',
        operation: 'deleteSensitivePlace',
        roles: ['marketer', 'operator'],
      },
      {
        method: 'GET',
        path: '/v1/sensitive-places',
        operation: 'listSensitivePlaces',
        roles: ['marketer', 'operator'],
      },
      {
        method: 'POST',
        path: '/v1/sensitive-places/import',
        operation: 'importSensitivePlaces',
        roles: ['marketer', 'operator'],
        maxBodyBytes: 4 * MB,
      },
      { method: 'PUT', path: '/v1/screens/{screenId}', operation: 'putScreen', roles: ['marketer', 'operator'] },
      { method: 'GET', path: '/v1/screens', operation: 'listScreens', roles: ['marketer', 'operator'] },
      { method: 'PUT', path: '/v1/segments/{segmentId}', operation: 'putSegment', roles: ['marketer'] },
      { method: 'GET', path: '/v1/segments/{segmentId}', operation: 'getSegment', roles: ['marketer'] },
      { method: 'GET', path: '/v1/segments', operation: 'listSegments', roles: ['marketer'] },
      {
        method: 'POST',
        path: '/v1/segments/import',
        operation: 'importSegments',
        roles: ['marketer'],
        maxBodyBytes: 4 * MB,
        body: 'text',
      },
      { method: 'POST', path: '/v1/segments/{segmentId}/preview', operation: 'previewSegment', roles: ['marketer'] },
      { method: 'GET', path: '/v1/segments/{segmentId}/why', operation: 'whySegment', roles: ['marketer'] },
      { method: 'PUT', path: '/v1/campaigns/{campaignId}', operation: 'putCampaign', roles: ['marketer'] },
      { method: 'GET', path: '/v1/campaigns/{campaignId}', operation: 'getCampaign', roles: ['marketer'] },
      { method: 'GET', path: '/v1/campaigns', operation: 'listCampaigns', roles: ['marketer'] },
      { method: 'POST', path: '/v1/campaigns/{campaignId}/launch', operation: 'launchCampaign', roles: ['marketer'] },
      { method: 'POST', path: '/v1/campaigns/{campaignId}/pause', operation: 'pauseCampaign', roles: ['marketer'] },
    ],
    sends: ['visits', 'snapshots'],
    secrets: ['venueSecret'],
    tables: { catalogue: 'write', stock: 'write', people: 'read' },
    files: 'read',
    timeoutSeconds: 25,
    memoryMb: 1024,
    decides: true,
    withAmazon: { sends: ['geofences'] },
  },
  {
    name: 'screens',
    http: [
      { method: 'PUT', path: '/v1/creatives/{creativeId}', operation: 'putCreative', roles: ['marketer', 'operator'] },
      { method: 'GET', path: '/v1/creatives/{creativeId}', operation: 'getCreative', roles: ['marketer', 'operator'] },
      { method: 'GET', path: '/v1/creatives', operation: 'listCreatives', roles: ['marketer', 'operator'] },
      { method: 'PUT', path: '/v1/playlists/{playlistId}', operation: 'putPlaylist', roles: ['marketer', 'operator'] },
      { method: 'GET', path: '/v1/playlists/{playlistId}', operation: 'getPlaylist', roles: ['marketer', 'operator'] },
      { method: 'GET', path: '/v1/playlists', operation: 'listPlaylists', roles: ['marketer', 'operator'] },
      {
        method: 'POST',
        path: '/v1/screens/{screenId}/plays',
        operation: 'postPlays',
        roles: ['marketer', 'operator'],
      },
      {
        method: 'POST',
        path: '/v1/screens/{screenId}/plays/import',
        operation: 'importPlays',
        roles: ['marketer', 'operator'],
        maxBodyBytes: 4 * MB,
        body: 'text',
      },
      {
        method: 'GET',
        path: '/v1/screens/{screenId}/playing',
        operation: 'getPlaying',
        roles: ['marketer', 'operator'],
      },
    ],
    tables: { catalogue: 'write', plays: 'write' },
    timeoutSeconds: 25,
    memoryMb: 1024,
  },
  {
    name: 'people',
    http: [
      { method: 'PUT', path: '/v1/people/{personId}', operation: 'putPerson', roles: ['marketer', 'associate', 'app'] },
      { method: 'GET', path: '/v1/people/{personId}', operation: 'getPerson', roles: ['marketer', 'associate'] },
      { method: 'GET', path: '/v1/people', operation: 'listPeople', roles: ['marketer'] },
      {
        method: 'POST',
        path: '/v1/people/import',
        operation: 'importPeople',
        roles: ['marketer'],
        maxBodyBytes: 4 * MB,
        body: 'text',
      },
      {
        method: 'GET',
        path: '/v1/people/{personId}/signals',
        operation: 'listSignals',
        roles: ['marketer', 'associate'],
      },
      {
        method: 'GET',
        path: '/v1/people/{personId}/decisions',
        operation: 'listDecisions',
        roles: ['marketer', 'associate'],
      },
      {
        method: 'GET',
        path: '/v1/people/{personId}/coupons',
        operation: 'listCoupons',
        roles: ['marketer', 'associate'],
      },
      {
        method: 'GET',
        path: '/v1/people/{personId}/messages',
        operation: 'listMessages',
        roles: ['marketer', 'associate'],
      },
      {
        method: 'GET',
        path: '/v1/people/{personId}/consents',
        operation: 'listConsents',
        roles: ['marketer', 'associate'],
      },
      {
        method: 'POST',
        path: '/v1/people/{personId}/withdrawals',
        operation: 'postWithdrawal',
        roles: ['app', 'marketer', 'associate'],
      },
      {
        method: 'POST',
        path: '/v1/people/{personId}/handover',
        operation: 'handOver',
        roles: ['app', 'marketer', 'associate'],
      },
      {
        method: 'POST',
        path: '/v1/people/links',
        operation: 'postLink',
        roles: ['app', 'marketer', 'associate'],
      },
      {
        method: 'GET',
        path: '/v1/people/{personId}/links',
        operation: 'getLinks',
        roles: ['marketer', 'associate'],
      },
      {
        method: 'DELETE',
        path: '/v1/people/{personId}/links/{linkId}',
        operation: 'deleteLink',
        roles: ['marketer', 'associate'],
      },
      { method: 'GET', path: '/v1/people/{personId}/export', operation: 'exportPerson', roles: ['marketer'] },
      { method: 'DELETE', path: '/v1/people/{personId}', operation: 'erasePerson', roles: ['marketer'] },
      { method: 'GET', path: '/v1/erasures', operation: 'listErasures', roles: ['marketer'] },
    ],
    tables: { catalogue: 'read', people: 'write', offers: 'write', presence: 'write', tombstones: 'write' },
    secrets: ['couponSecret', 'linkSecret', 'venueSecret'],
    provider: 'ses',
    // Where no mail can be sent, nobody is asked to confirm by one.
    decides: true,
    timeoutSeconds: 25,
    memoryMb: 1024,
    erases: true,
    withAmazon: { sends: ['positions'] },
  },
  {
    name: 'purchases',
    http: [
      {
        method: 'POST',
        path: '/v1/purchases',
        operation: 'postPurchase',
        roles: ['app', 'till', 'marketer', 'associate'],
      },
      {
        method: 'POST',
        path: '/v1/purchases/import',
        operation: 'importPurchases',
        roles: ['marketer'],
        maxBodyBytes: 4 * MB,
        body: 'text',
      },
      {
        method: 'GET',
        path: '/v1/people/{personId}/purchases',
        operation: 'listPurchases',
        roles: ['marketer', 'associate'],
      },
    ],
    tables: { catalogue: 'read', people: 'write', offers: 'write', stock: 'write', tombstones: 'read' },
    secrets: ['couponSecret', 'linkSecret'],
    timeoutSeconds: 20,
    memoryMb: 1024,
  },
  {
    name: 'tags',
    http: [
      { method: 'PUT', path: '/v1/tags/{tagId}', operation: 'putTag', roles: ['marketer', 'operator'] },
      { method: 'GET', path: '/v1/tags/{tagId}', operation: 'getTag', roles: ['marketer', 'operator'] },
      { method: 'GET', path: '/v1/tags', operation: 'listTags', roles: ['marketer', 'operator'] },
      {
        method: 'POST',
        path: '/v1/tags/import',
        operation: 'importTags',
        roles: ['marketer', 'operator'],
        maxBodyBytes: 4 * MB,
        body: 'text',
      },
    ],
    tables: { catalogue: 'write' },
    timeoutSeconds: 25,
    memoryMb: 1024,
  },
  {
    name: 'connectors',
    http: [
      {
        method: 'PUT',
        path: '/v1/connectors/{connectorId}',
        operation: 'putConnector',
        roles: ['marketer', 'operator'],
      },
      {
        method: 'GET',
        path: '/v1/connectors/{connectorId}',
        operation: 'getConnector',
        roles: ['marketer', 'operator'],
      },
      { method: 'GET', path: '/v1/connectors', operation: 'listConnectors', roles: ['marketer', 'operator'] },
      {
        method: 'POST',
        path: '/v1/connectors/{connectorId}/events',
        operation: 'postConnectorEvents',
        roles: 'public',
        maxBodyBytes: 4 * MB,
      },
      {
        method: 'GET',
        path: '/v1/connectors/{connectorId}/events',
        operation: 'getConnectorEvents',
        roles: 'public',
      },
    ],
    tables: {
      catalogue: 'write',
      presence: 'write',
      people: 'write',
      offers: 'write',
      stock: 'write',
      tombstones: 'write',
    },
    sends: ['signals'],
    secrets: ['venueSecret', 'couponSecret', 'linkSecret'],
    timeoutSeconds: 25,
    memoryMb: 1024,
    erases: true,
    withAmazon: { sends: ['positions'] },
  },
  {
    name: 'tap',
    http: [
      { method: 'GET', path: '/t/{tagId}', operation: 'showTap', roles: 'public' },
      { method: 'POST', path: '/t/{tagId}', operation: 'claimTap', roles: 'public', maxBodyBytes: 16 * 1024 },
      { method: 'GET', path: '/q/{tagId}', operation: 'showScan', roles: 'public' },
      { method: 'POST', path: '/q/{tagId}', operation: 'claimScan', roles: 'public', maxBodyBytes: 16 * 1024 },
      { method: 'GET', path: '/01/{gtin}', operation: 'showItem', roles: 'public' },
      { method: 'GET', path: '/01/{gtin}/21/{serial}', operation: 'showSerialItem', roles: 'public' },
    ],
    tables: {
      catalogue: 'read',
      people: 'write',
      offers: 'write',
      stock: 'write',
      plays: 'write',
      tombstones: 'write',
    },
    secrets: ['couponSecret', 'linkSecret', 'tagSecret', 'venueSecret'],
    // A person waits: more memory is more processor.
    timeoutSeconds: 15,
    memoryMb: 1024,
    decides: true,
    knowsCallers: true,
  },
  {
    name: 'unsubscribe',
    http: [
      { method: 'GET', path: '/u/{token}', operation: 'showUnsubscribe', roles: 'public' },
      { method: 'POST', path: '/u/{token}', operation: 'unsubscribe', roles: 'public' },
      { method: 'GET', path: '/c/{token}', operation: 'showConfirm', roles: 'public' },
      { method: 'POST', path: '/c/{token}', operation: 'confirm', roles: 'public' },
    ],
    tables: { people: 'write' },
    secrets: ['linkSecret'],
    timeoutSeconds: 10,
    memoryMb: 512,
  },
  {
    name: 'players',
    http: [
      { method: 'GET', path: '/v1/clock', operation: 'getClock', roles: 'public' },
      { method: 'POST', path: '/v1/players', operation: 'addPlayer', roles: 'public', maxBodyBytes: 4 * 1024 },
      {
        method: 'POST',
        path: '/v1/screens/{screenId}/pair',
        operation: 'pairScreen',
        roles: ['operator', 'marketer'],
      },
      {
        method: 'DELETE',
        path: '/v1/screens/{screenId}/players/{playerId}',
        operation: 'removePlayer',
        roles: ['operator', 'marketer'],
      },
      {
        method: 'GET',
        path: '/v1/screens/{screenId}/health',
        operation: 'getScreenHealth',
        roles: ['operator', 'marketer'],
      },
      // Signed by the player itself.
      { method: 'GET', path: '/v1/players/{playerId}/playlist', operation: 'getPlayerPlaylist', roles: 'public' },
      {
        method: 'GET',
        path: '/v1/players/{playerId}/creatives/{creativeId}',
        operation: 'getPlayerCreative',
        roles: 'public',
      },
      { method: 'POST', path: '/v1/players/{playerId}/plays', operation: 'postPlayerPlays', roles: 'public' },
      {
        method: 'POST',
        path: '/v1/players/{playerId}/health',
        operation: 'postPlayerHealth',
        roles: 'public',
        maxBodyBytes: 4 * 1024,
      },
      { method: 'GET', path: '/v1/players/{playerId}/reaction', operation: 'getPlayerReaction', roles: 'public' },
    ],
    tables: { catalogue: 'write', plays: 'write' },
    secrets: ['venueSecret'],
    timeoutSeconds: 15,
    memoryMb: 1024,
  },
  {
    name: 'reports',
    http: [
      { method: 'GET', path: '/v1/reports/key', operation: 'getReportKey', roles: 'public' },
      {
        method: 'GET',
        path: '/v1/reports/screens/{screenId}',
        operation: 'getScreenReport',
        roles: ['operator', 'marketer'],
      },
      {
        method: 'GET',
        path: '/v1/reports/screens/{screenId}/export',
        operation: 'exportScreenReport',
        roles: ['operator', 'marketer'],
      },
      { method: 'GET', path: '/v1/reports/regions', operation: 'getRegionsReport', roles: ['marketer'] },
    ],
    tables: { catalogue: 'read', plays: 'read', stock: 'read' },
    secrets: ['reportSecret'],
    timeoutSeconds: 25,
    memoryMb: 1024,
  },
  {
    name: 'portal',
    http: [
      { method: 'GET', path: '/w/{connectorId}', operation: 'showPortal', roles: 'public' },
      {
        method: 'POST',
        path: '/w/{connectorId}',
        operation: 'postPortal',
        roles: 'public',
        maxBodyBytes: 16 * 1024,
      },
      { method: 'GET', path: '/w/{connectorId}/api', operation: 'captivePortalApi', roles: 'public' },
      { method: 'GET', path: '/w/{connectorId}/venue', operation: 'showVenue', roles: 'public' },
    ],
    tables: { catalogue: 'read', people: 'write', presence: 'write', plays: 'write', tombstones: 'write' },
    sends: ['signals'],
    secrets: ['linkSecret', 'venueSecret'],
    provider: 'ses',
    timeoutSeconds: 20,
    memoryMb: 512,
    // Where no mail can be sent, nobody is asked for an address.
    decides: true,
  },
  {
    name: 'meta',
    http: [
      { method: 'GET', path: '/healthz', operation: 'health', roles: 'public' },
      { method: 'GET', path: '/.well-known/gpc.json', operation: 'gpcSupport', roles: 'public' },
      { method: 'GET', path: '/v1/openapi.json', operation: 'openapi', roles: 'public' },
    ],
    timeoutSeconds: 10,
    memoryMb: 512,
  },
];

/** The functions of a deployment with this locator. */
export const functionsOf = (locator: Locator): readonly FunctionSpec[] =>
  everyFunction
    .filter((spec) => spec.locator === undefined || spec.locator === locator)
    .map((spec) => {
      const { withAmazon, ...own } = spec;
      if (locator !== 'amazon' || !withAmazon) return own;
      return { ...spec, sends: [...new Set([...(spec.sends ?? []), ...withAmazon.sends])] };
    });

/** The functions of a deployment as it is by default. */
export const functions = functionsOf('embedded');

/** Bodies are small unless a route says otherwise: 100 positions are about 12 kB. */
export const DEFAULT_MAX_BODY_BYTES = 256 * 1024;

/** Whether a record of a stream is one that its function asked for: what Lambda's filter does. */
export function isWanted(
  { entity, eventNames, having }: StreamFilter,
  record: {
    eventName?: string | undefined;
    dynamodb?: { NewImage?: Record<string, { S?: string | undefined }> | undefined } | undefined;
  },
): boolean {
  const image = record.dynamodb?.NewImage;
  if (!eventNames.some((name) => name === record.eventName) || image?.entity?.S !== entity) return false;
  return having === undefined || image[having]?.S !== undefined;
}

/** Names of the environment variables by which a function finds what it may touch; `lib/` and `local/` set the same. */
export const tableEnv = (table: TableName): string => `TABLE_${table.toUpperCase()}`;
export const queueEnv = (queue: QueueName): string => `QUEUE_${queue.toUpperCase()}`;
/** Where a function puts what it cannot handle of the queue that triggers it. */
export const deadLetterEnv = (queue: QueueName): string => `DEAD_LETTER_${queue.toUpperCase()}`;
/** AWS: ARN of the Secrets Manager secret. One machine: `file:` and a path. */
export const secretEnv = (secret: SecretName): string =>
  secret.replace(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase();
export const ENV = {
  /** Issuer, JWKS URL and client id that a bearer token must match: Cognito's, or the local host's. */
  issuer: 'TOKEN_ISSUER',
  jwksUrl: 'TOKEN_JWKS_URL',
  clientId: 'TOKEN_CLIENT_ID',
  /** Seconds a function may trust its copy of the catalogue without asking for its version: 5 on AWS, 0 on one machine. */
  catalogueMaxAge: 'CATALOGUE_MAX_AGE_SECONDS',
  /** Base URL of links in messages. */
  publicUrl: 'PUBLIC_URL',
  /** Comma-separated URLs of every dead-letter queue whose messages may name somebody. */
  deadLetters: 'DEAD_LETTERS',
  /** Comma-separated channels that have a sender here. */
  channels: 'CHANNELS',
  emailFrom: 'EMAIL_FROM',
  smsOrigin: 'SMS_ORIGIN',
  /** `amazon` where that is the locator, for functions that then do something besides. */
  locator: 'LOCATOR',
  geofenceCollection: 'GEOFENCE_COLLECTION',
  tracker: 'TRACKER',
  /** Where files of places are: the merchant's bucket. */
  bucket: 'BUCKET',
  /** `yes` on one machine: webhooks may go to it. Never set on AWS. */
  loopbackWebhooks: 'LOOPBACK_WEBHOOKS',
} as const;
