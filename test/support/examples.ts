import { aCampaign, aPlace } from './builders.ts';

/** Valid bodies of every operation, from which tests make bad ones. */

// biome-ignore lint/suspicious/noExplicitAny: documents of any shape are cut up here.
export type Document = any;

const at = '2026-11-01T08:00:00Z';
export const square = [
  [0, 0],
  [1, 0],
  [1, 1],
  [0, 1],
  [0, 0],
];
export const signal = {
  id: 'a',
  kind: 'nfc.tap',
  at,
  subject: { kind: 'device', value: 'phone-x' },
  placeId: 'a',
  screenId: 'a',
  tagId: 'a',
};
const ago = (ms: number) => new Date(Date.now() - ms).toISOString();
export const play = {
  sequence: 1,
  creativeId: 'x',
  brand: 'harbour-dairy',
  startedAt: ago(60_000),
  endedAt: ago(52_000),
  plannedEndsAt: ago(52_000),
  clock: { offsetMs: 0, uncertaintyMs: 20 },
};
export const position = { deviceId: 'phone-x', at, lng: 0, lat: 0, accuracyM: 5, speedMps: 1 };
const feature = {
  type: 'Feature',
  id: 'f1',
  geometry: { type: 'Point', coordinates: [0, 0] },
  properties: {
    name: 'a',
    timeZone: 'UTC',
    radiusM: 50,
    tags: ['a'],
    openingHours: { mon: '09:00-10:00' },
    detection: 'plain',
  },
};
const sensitiveFeature = {
  type: 'Feature',
  id: 'f1',
  geometry: { type: 'Point', coordinates: [-140, -40] },
  properties: { name: 'a', category: 'worship', radiusM: 10, bufferM: 1, jurisdiction: 'US-WA' },
};
const fullCampaign = aCampaign({
  trigger: {
    on: ['geofence.enter'],
    placeIds: ['s1'],
    placeTags: ['store'],
    creativeIds: ['a'],
    creativeUnknown: 'offer',
    dwellSeconds: 1,
    minTrust: 'T1',
    freshFor: 'PT5M',
  },
  reaction: { words: { en: 'a', 'zh-CN': 'a' } },
  audience: {
    segmentId: 'all',
    notBought: { channel: 'online', categories: ['dairy'], skus: ['milk-1l'], within: 'P90D' },
  },
  schedule: { startsAt: at, endsAt: '2026-12-31T00:00:00Z', days: ['mon'], hours: '16:00-21:00', timeZone: 'UTC' },
  limits: {
    perPerson: { count: 1, window: 'P7D' },
    perPersonPerPlace: { count: 1, window: 'P7D' },
    stock: 10,
    budget: { amount: 2, currency: 'CNY' },
    perDay: { stock: 5, budget: { amount: 1, currency: 'CNY' } },
    perPlace: { stock: 5, budget: { amount: 1, currency: 'CNY' } },
    quietHours: { hours: '21:00-09:00', otherwise: 'inbox' },
  },
  experiment: { holdoutPercent: 0, variants: [] },
  offer: { kind: 'amountOff', amount: 5, currency: 'CNY', minimumSpend: 1, expiresAfter: 'PT4H', redeemAt: 'anyPlace' },
  message: {
    channels: ['email'],
    programme: 'a',
    templates: { en: { title: 'a', body: 'b' }, 'zh-CN': { title: 'a', body: 'b' } },
  },
  priority: 1,
});
const week = Object.fromEntries(['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'].map((day) => [day, '09:00-21:00']));
/** The first of each is the plain one; together they have every field of the operation's body. */
export const examples: Record<string, [Document, ...Document[]]> = {
  postPositions: [{ positions: [{ ...position, coordinateSystem: 'wgs84' }], coordinateSystem: 'gcj02' }],
  postSignals: [{ signals: [signal] }],
  // So wide that no visitor meets them: this is the brand that they visit.
  putBrand: [
    {
      timeZone: 'Asia/Shanghai',
      jurisdiction: 'US-CA',
      doubleOptIn: [],
      offersPerSignal: 1,
      perPerson: { count: 100, window: 'PT1S' },
      perPersonPerPlace: { count: 100, window: 'PT1S' },
    },
  ],
  putPlace: [
    {
      ...aPlace({
        geometry: { type: 'Point', coordinates: [50, 50] },
        openingHours: week,
        detection: 'plain',
        region: 'riverside',
        sensing: { enterAfterSeconds: 5, exitAfterSeconds: 10, exitMarginM: 4, minConfidence: 0.95 },
      }),
      coordinateSystem: 'bd09',
    },
    { name: 'a', timeZone: 'UTC', geometry: { type: 'Polygon', coordinates: [square] } },
    { name: 'a', timeZone: 'UTC', geometry: { type: 'MultiPolygon', coordinates: [[square]] } },
  ],
  importPlaces: [{ type: 'FeatureCollection', features: [feature], coordinateSystem: 'gcj02' }],
  // Far from wherever anybody walks.
  putSensitivePlace: [
    {
      name: 'a',
      category: 'worship',
      jurisdiction: 'US-WA',
      geometry: { type: 'Point', coordinates: [-140, -40] },
      radiusM: 10,
      bufferM: 1,
      coordinateSystem: 'gcj02',
    },
  ],
  importSensitivePlaces: [{ type: 'FeatureCollection', features: [sensitiveFeature], coordinateSystem: 'bd09' }],
  putScreen: [{ name: 'a', placeId: 's1', tagIds: ['t'], playlistId: 'p' }],
  putCreative: [
    { name: 'a', content: { kind: 'image', url: 'https://example.com/a.png' }, seconds: 8 },
    { name: 'a', content: { kind: 'html', html: '<p>' }, seconds: 8 },
  ],
  putPlaylist: [
    {
      name: 'a',
      items: [
        {
          creativeId: 'x',
          brand: 'harbour-dairy',
          weight: 1,
          priority: 0,
          days: ['mon'],
          hours: '16:00-21:00',
          startsAt: at,
          endsAt: '2026-12-31T00:00:00Z',
          maxPlaysPerHour: 5,
        },
      ],
    },
  ],
  pairScreen: [{ code: 'ABCD-EFGH' }],
  putTag: [
    { kind: 'ntag424', name: 'a', uid: '04DE5F1EACC040', placeId: 's1' },
    { kind: 'qr', screenId: 'screen1', gtin: '09521234543213' },
  ],
  postPlays: [{ logId: 'a', clock: { offsetMs: 0, uncertaintyMs: 20 }, plays: [play] }],
  putSegment: [
    {
      name: 'a',
      webhook: { url: 'https://hooks.invalid/segments' },
      rule: {
        id: 'g',
        combinator: 'and',
        not: false,
        rules: [{ id: 'r', field: 'a', operator: '=', valueSource: 'value', value: 1 }],
      },
    },
    {
      name: 'a',
      rule: {
        combinator: 'or',
        rules: [{ combinator: 'and', rules: [{ field: 'a', operator: 'in', value: [1, 'b', true] }] }],
      },
    },
  ],
  previewSegment: [
    {
      rule: {
        id: 'g',
        combinator: 'and',
        not: false,
        rules: [{ id: 'r', field: 'a', operator: '=', valueSource: 'value', value: 1 }],
      },
    },
    {
      rule: {
        combinator: 'or',
        rules: [{ combinator: 'and', rules: [{ field: 'a', operator: 'in', value: [1, 'b', true] }] }],
      },
    },
  ],
  putCampaign: [
    fullCampaign,
    {
      ...fullCampaign,
      offer: {
        kind: 'percentOff',
        percent: 5,
        maxAmount: 5,
        currency: 'CNY',
        expiresAfter: 'PT4H',
        redeemAt: 'anyPlace',
      },
    },
    {
      ...fullCampaign,
      offer: { kind: 'freeItem', item: 'milk', amount: 5, currency: 'CNY', expiresAfter: 'PT4H', redeemAt: 'anyPlace' },
    },
  ],
  putPerson: [
    {
      identifiers: [{ kind: 'member', value: 'm-1' }],
      attributes: { a: 'x', b: 1, c: true, d: ['x'], e: null },
      consents: [
        {
          purpose: 'marketing',
          channel: 'email',
          granted: true,
          at,
          source: 'app',
          textVersion: 'v1',
          language: 'zh-CN',
          proof: 'a',
          programme: 'a',
          guardian: false,
        },
        { purpose: 'marketing', channel: 'any', granted: true, at, source: 'app' },
      ],
    },
  ], // Of the person above.
  postLink: [
    {
      a: { kind: 'member', value: 'm-1' },
      b: { kind: 'card', value: 'c-1' },
      evidence: 'staff',
      source: 'till',
      at,
    },
  ],
  postWithdrawal: [
    { scope: 'channel', channel: 'sms', source: 'app', language: 'zh-CN', proof: 'a' },
    { scope: 'programme', channel: 'sms', programme: 'a', source: 'app' },
    { scope: 'all', source: 'app' },
  ],

  putConnector: [
    {
      kind: 'meraki',
      name: 'a',
      secret: { validator: 'the-validator', secret: 'the-secret' },
      places: { '00:18:0a:00:00:01': { placeId: 's1', screenId: 'screen1' } },
      brands: [],
      portal: {
        networkName: 'a',
        termsUrl: 'https://a.example/terms',
        grantHosts: ['a.example'],
        sessionMinutes: 60,
        brands: [{ brand: 'harbour-dairy', name: 'a', about: 'a' }],
      },
    },
    { kind: 'mist', name: 'a', secret: ['the-old-secret', 'the-new-secret'] },
    { kind: 'webhook', name: 'a', secret: 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw' },
    { kind: 'wechat', name: 'a', secret: { token: 'abc', appId: 'wx12345678', encodingAesKey: 'a'.repeat(43) } },
    { kind: 'shopify', name: 'a', secret: ['secret-of-the-app'], regionBy: 'postcode' },
    { kind: 'square', name: 'a', secret: 'the-signature-key', notificationUrl: 'https://a.example/events' },
  ],
  postPurchase: [
    {
      purchaseId: 'order-1',
      at,
      channel: 'online',
      placeId: 's1',
      region: 'riverside',
      person: { kind: 'email', value: 'nobody@example.com' },
      identifiers: [{ kind: 'card', value: 'token-1' }],
      lines: [{ sku: 'milk-1l', name: 'Milk', category: 'dairy', quantity: 1, amount: 900 }],
      total: 900,
      currency: 'CNY',
      couponCodes: ['SUMMER10'],
    },
  ],
  reserveCoupon: [{ redemptionId: 'r', placeId: 's1', tillId: 't', basket: { total: 1, currency: 'CNY' } }],
  redeemCoupon: [{ redemptionId: 'r', placeId: 's1', tillId: 't', basket: { total: 1, currency: 'CNY' } }],
  rollbackCoupon: [
    { redemptionId: 'r', placeId: 's1', tillId: 't', basket: { total: 1, currency: 'CNY' }, reason: 'wrong cup' },
  ],
};

/** Good bodies that are not JSON. */
export const texts: Record<string, string> = {
  importPlays: 'creativeId,startedAt,endedAt\n',
  importTags: 'tagId\n',
  importPeople: '{"personId":"imported"}\n',
  importPurchases:
    '{"purchaseId":"imported","at":"2026-11-01T08:00:00Z","channel":"online","total":1,"currency":"CNY"}\n',
  importSegments: '{"Id":"imported","Dimensions":{}}',
};
