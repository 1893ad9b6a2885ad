import { describe, expect, test } from 'vitest';
import { detect, type Fix } from '#core/geo/detect.ts';
import { MAX_PLACES_PER_DEVICE } from '#core/geo/device-state.ts';
import { createPlaceIndex } from '#core/geo/place-index.ts';
import type { Place } from '#core/model/place.ts';
import { aPlace, brief, device, fixAt } from './build.ts';

const shop = aPlace({ placeId: 'shop' });
const plainShop = aPlace({ placeId: 'plain', detection: 'plain' });
const far = (seconds: number) => fixAt(seconds, 1000);
/** A fix that does not say how accurate it is. */
const unstated = (seconds: number, eastM: number): Fix => ({ ...fixAt(seconds, eastM), accuracyM: undefined });

describe('plain places', () => {
  test('enter on the first fix inside, exit on the first outside, nothing on a first fix outside', () => {
    const phone = device([plainShop]);
    expect(phone.tell([far(0), fixAt(30, 0), fixAt(60, 99), fixAt(90, 101), fixAt(91, 0)])).toEqual([
      'enter plain@30',
      'exit plain@90',
      'enter plain@91',
    ]);
  });

  test('no fix is too inaccurate or too fast for them', () => {
    const phone = device([plainShop, shop]);
    const found = phone.read([fixAt(0, 0, 0, 5000), fixAt(10, 50_000), fixAt(20, 0, 0, 9999), fixAt(21, 0)]);
    expect(found.transitions.filter(({ placeId }) => placeId === 'plain').map(brief)).toEqual([
      'enter plain@0',
      'exit plain@10',
      'enter plain@20',
    ]);
    expect(found.dropped).toEqual([
      { index: 0, reason: 'inaccurate' },
      { index: 2, reason: 'inaccurate' },
      { index: 3, reason: 'impossible-jump' },
    ]);
  });
});

describe('confirmed places: enter', () => {
  test('a first fix with its whole accuracy circle inside enters at once', () => {
    expect(device([shop]).tell([fixAt(0, 50)])).toEqual(['enter shop@0']);
    expect(device([shop]).tell([fixAt(0, 98)])).toEqual([]);
    expect(device([shop]).tell([unstated(0, 79)])).toEqual(['enter shop@0']);
    expect(device([shop]).tell([unstated(0, 85)])).toEqual([]);
  });

  test('later, a second fix inside confirms the first, five seconds on or more', () => {
    const phone = device([shop]);
    expect(phone.tell([far(0), fixAt(30, 50)])).toEqual([]);
    expect(phone.tell([fixAt(60, 50)])).toEqual(['enter shop@60']);
    expect(device([shop]).tell([far(0), ...[20, 21, 22, 23, 24, 25, 26].map((s) => fixAt(s, 50))])).toEqual([
      'enter shop@25',
    ]);
  });

  test('a fix outside in between starts over', () => {
    const phone = device([shop]);
    expect(phone.tell([far(0), fixAt(30, 90), fixAt(60, 110), fixAt(90, 90), fixAt(120, 110)])).toEqual([]);
    expect(phone.tell([fixAt(150, 90), fixAt(180, 90)])).toEqual(['enter shop@180']);
  });

  test('a fix whose accuracy circle is larger than the place says nothing', () => {
    expect(device([shop]).tell([far(0), fixAt(30, 50, 0, 150), fixAt(60, 50, 0, 150)])).toEqual([]);
    expect(device([shop]).tell([far(0), fixAt(30, 50), fixAt(60, 50, 0, 400), fixAt(90, 50)])).toEqual([
      'enter shop@90',
    ]);
    const kiosk = aPlace({ placeId: 'kiosk', radiusM: 50 });
    expect(device([kiosk]).tell([far(0), fixAt(30, 20, 0, 60), fixAt(60, 20, 0, 60)])).toEqual([]);
    const mall = aPlace({ placeId: 'mall', radiusM: 900 });
    expect(device([mall]).tell([fixAt(0, 5000), fixAt(90, 0, 0, 500), fixAt(120, 0, 0, 500)])).toEqual([
      'enter mall@120',
    ]);
    expect(device([mall]).tell([fixAt(0, 5000), fixAt(90, 600, 0, 500), fixAt(120, 600, 0, 500)])).toEqual([]);
  });

  test('a lobby smaller than any accuracy can be entered', () => {
    const lobby = aPlace({ placeId: 'lobby', radiusM: 8 });
    const fixes = [far(0), fixAt(30, 3, 0, 15), unstated(60, 3), fixAt(90, 3, 0, 15)];
    expect(device([lobby]).tell(fixes)).toEqual(['enter lobby@90']);
  });
});

describe('confirmed places: exit', () => {
  const inside = () => {
    const phone = device([shop]);
    phone.read([fixAt(0, 0)]);
    return phone;
  };

  test('two clear fixes outside, half a minute apart; more, where they come faster', () => {
    expect(inside().tell([fixAt(30, 200), fixAt(60, 200)])).toEqual(['exit shop@60']);
    expect(inside().tell([30, 45, 60, 75].map((s) => fixAt(s, 200)))).toEqual(['exit shop@75']);
    const everySecond = Array.from({ length: 60 }, (_, s) => fixAt(30 + s, 200));
    expect(inside().tell(everySecond)).toEqual(['exit shop@64']);
  });

  test('a fix within its accuracy of the edge says little, and just beside it nothing', () => {
    const minutes = (fix: (seconds: number) => Fix) => [30, 60, 90, 120, 150, 180].map(fix);
    expect(inside().tell(minutes((s) => fixAt(s, 103)))).toEqual([]);
    expect(inside().tell(minutes((s) => fixAt(s, 108)))).toEqual(['exit shop@150']);
    expect(inside().tell(minutes((s) => fixAt(s, 120)))).toEqual(['exit shop@60']);
    expect(inside().tell(minutes((s) => fixAt(s, 150, 0, 100)))).toEqual(['exit shop@120']);
    expect(inside().tell(minutes((s) => fixAt(s, 310, 0, 100)))).toEqual(['exit shop@60']);
  });

  test('three reflections 200 m off in 2.5 minutes, each claiming 2 to 9 m, end no visit', () => {
    const fixes = [20, 40, 50, 75, 100, 125, 150, 170].map((s) => fixAt(s, 0));
    fixes.push(fixAt(45, 310, 0, 2), fixAt(90, 0, 320, 9), fixAt(140, -305, 0, 5));
    expect(inside().tell(fixes)).toEqual([]);
  });

  test('a place that is deleted while inside ends in silence; the others are not disturbed', () => {
    const phone = device([shop, aPlace({ placeId: 'mall', radiusM: 500 })]);
    phone.read([fixAt(0, 0)]);
    const found = phone.read([fixAt(30, 0)], createPlaceIndex([aPlace({ placeId: 'mall', radiusM: 500 })]));
    expect(found).toMatchObject({ changed: true, transitions: [] });
    expect(phone.state()?.visits.map(({ placeId }) => placeId)).toEqual(['mall']);
    expect(phone.tell([fixAt(60, 0)])).toEqual([]);
    expect(phone.tell([fixAt(90, 0)])).toEqual(['enter shop@90']);
  });

  test('a place that is moved or turned plain while inside is judged as it is now', () => {
    const moved = createPlaceIndex([{ ...shop, geometry: { type: 'Point', coordinates: [0.01, 0] } }]);
    expect(inside().tell([fixAt(30, 0), fixAt(60, 0)], moved)).toEqual(['exit shop@60']);
    const plain = createPlaceIndex([{ ...shop, detection: 'plain' }]);
    expect(inside().tell([fixAt(30, 110)], plain)).toEqual(['exit shop@30']);
  });
});

describe('impossible jumps', () => {
  test('a teleport into a shop and back does nothing', () => {
    const phone = device([shop, aPlace({ placeId: 'home', geometry: { type: 'Point', coordinates: [1, 0] } })]);
    const home = (s: number) => ({ ...fixAt(s, 0), lng: 1 });
    expect(phone.tell([home(0)])).toEqual(['enter home@0']);
    const found = phone.read([fixAt(30, 0), fixAt(40, 0), home(60), fixAt(90, 0), home(120)]);
    expect(found.transitions).toEqual([]);
    expect(found.dropped.map(({ reason }) => reason)).toEqual(Array(3).fill('impossible-jump'));
  });

  test('whoever stays at the new spot is believed after three fixes and half a minute', () => {
    const airport = aPlace({ placeId: 'airport', geometry: { type: 'Point', coordinates: [5, 0] } });
    const landed = (s: number) => ({ ...fixAt(s, 0), lng: 5 });
    const phone = device([shop, airport]);
    phone.read([fixAt(0, 0)]);
    expect(phone.tell([landed(60), landed(100)])).toEqual([]);
    expect(phone.tell([landed(101)])).toEqual(['enter airport@101']);
    expect(phone.state()?.jump).toBeUndefined();
    expect(phone.tell([landed(120), landed(140)])).toEqual(['exit shop@140']);
  });

  test('a reflection half a minute long is unlike a phone that was followed at rest', () => {
    const phone = device([shop]);
    const atHome = (from: number, to: number) =>
      Array.from({ length: (to - from) / 15 }, (_, n) => fixAt(from + n * 15, 180, n % 3));
    const found = phone.read([
      ...atHome(0, 120),
      ...[120, 135, 150].map((s) => fixAt(s, 20, 0, 3)),
      ...atHome(165, 300),
    ]);
    expect(found.transitions).toEqual([]);
    expect(found.dropped.map(({ reason }) => reason)).toEqual(['sudden-move', 'sudden-move', 'sudden-move']);
    // The same phone walks over.
    const walking = Array.from({ length: 14 }, (_, n) => fixAt(300 + n * 15, 180 - n * 15));
    expect(phone.tell(walking)).toEqual(['enter shop@405']);
  });

  test('whoever sets off by car is believed a minute and a half later, and at once from then on', () => {
    const shops = [
      shop,
      aPlace({ placeId: 'mall', geometry: { type: 'Point', coordinates: [0.03, 0] }, radiusM: 200 }),
    ];
    const phone = device(shops);
    const parked = Array.from({ length: 8 }, (_, n) => fixAt(n * 15, 0, n % 2));
    const drive = Array.from({ length: 20 }, (_, n) => fixAt(120 + n * 15, Math.min(3336, 250 * (n + 1))));
    const found = phone.read([...parked, ...drive]);
    expect(found.transitions.map(brief)).toEqual(['enter shop@0', 'exit shop@210', 'enter mall@315']);
  });

  test('a dozen false fixes, one a second, are not enough to be believed', () => {
    const phone = device([shop, aPlace({ placeId: 'home', geometry: { type: 'Point', coordinates: [5, 0] } })]);
    const home = (s: number) => ({ ...fixAt(s, 0), lng: 5 });
    expect(phone.tell([home(0)])).toEqual(['enter home@0']);
    expect(phone.tell([...Array.from({ length: 12 }, (_, s) => fixAt(60 + s, 0)), home(75)])).toEqual([]);
  });

  test('a jump is remembered even where nothing else changed', () => {
    const phone = device([shop], { writeOnlyIfChanged: true });
    phone.read([{ ...fixAt(0, 0), lng: 5 }]);
    expect([60, 75, 90].flatMap((s) => phone.tell([fixAt(s, 0)]))).toEqual(['enter shop@90']);
  });

  test('noise between fixes a tenth of a second apart is no jump', () => {
    expect(device([shop]).read([fixAt(0, 0, 0, 10), fixAt(0.1, 15, 0, 10)]).dropped).toEqual([]);
  });
});

describe('dwell', () => {
  test('once per visit and threshold, on the first fix inside that shows it', () => {
    const phone = device([shop], { thresholds: [60, 300, 600] });
    expect(phone.tell([fixAt(0, 0), fixAt(59, 0)])).toEqual(['enter shop@0']);
    expect(phone.tell([fixAt(60, 0), fixAt(90, 0)])).toEqual(['dwell shop@60 60s']);
    expect(phone.tell([fixAt(700, 120), fixAt(710, 0), fixAt(720, 0)])).toEqual([
      'dwell shop@710 300s',
      'dwell shop@710 600s',
    ]);
    expect(phone.tell([fixAt(800, 300), fixAt(830, 300), fixAt(900, 0), fixAt(930, 0), fixAt(990, 0)])).toEqual([
      'exit shop@830',
      'enter shop@930',
      'dwell shop@990 60s',
    ]);
  });

  test('a threshold that appears during a visit counts from its enter', () => {
    const index = createPlaceIndex([plainShop]);
    const { state } = detect({ state: undefined, fixes: [fixAt(0, 0)], index, dwellThresholds: () => [] });
    const found = detect({ state, fixes: [fixAt(500, 0)], index, dwellThresholds: () => [300] });
    expect(found.transitions.map(brief)).toEqual(['dwell plain@500 300s']);
  });
});

describe('what a place may ask for', () => {
  const asking = (sensing: NonNullable<Place['sensing']>) => device([{ ...shop, sensing }]);
  const inAndOut = [
    far(0),
    ...[30, 60, 90, 120].map((s) => fixAt(s, 0)),
    ...[150, 180, 210, 240].map((s) => fixAt(s, 130)),
  ];

  test('more time, a wider margin, more or less certainty', () => {
    expect(device([shop]).tell(inAndOut)).toEqual(['enter shop@60', 'exit shop@180']);
    expect(asking({ enterAfterSeconds: 90 }).tell(inAndOut)).toEqual(['enter shop@120', 'exit shop@180']);
    expect(asking({ exitAfterSeconds: 60 }).tell(inAndOut)).toEqual(['enter shop@60', 'exit shop@210']);
    expect(asking({ exitMarginM: 40 }).tell(inAndOut)).toEqual(['enter shop@60']);
    expect(asking({ minConfidence: 0.9999 }).tell(inAndOut)).toEqual(['enter shop@90', 'exit shop@210']);
    expect(asking({ minConfidence: 0.6, enterAfterSeconds: 0, exitAfterSeconds: 0 }).tell(inAndOut)).toEqual([
      'enter shop@30',
      'exit shop@150',
    ]);
  });
});

describe('what a transition says', () => {
  test('how sure it is, where it is confirmed', () => {
    const fixes = [fixAt(0, 97), fixAt(15, 70), fixAt(30, 70), fixAt(60, 130), fixAt(90, 130)];
    const found = device([shop, plainShop]).read(fixes);
    expect(found.transitions.map((transition) => [brief(transition), transition.confidence])).toEqual([
      ['enter plain@0', undefined],
      ['enter shop@15', expect.closeTo(0.959, 2)],
      ['exit plain@60', undefined],
      ['exit shop@90', expect.closeTo(1, 3)],
    ]);
  });

  test('all places around, with those whose enter is not confirmed yet, and without the one just left', () => {
    const clinic = aPlace({ placeId: 'clinic', geometry: { type: 'Point', coordinates: [0.001, 0] }, radiusM: 30 });
    const phone = device([plainShop, clinic, aPlace({ placeId: 'mall', radiusM: 500, detection: 'plain' })]);
    const [enter, ...rest] = phone.read([far(0), fixAt(60, 0), fixAt(90, 111)]).transitions;
    expect(enter).toMatchObject({ kind: 'geofence.enter', placeId: 'mall', insidePlaceIds: ['mall', 'plain'] });
    expect(rest.map(brief)).toEqual(['enter plain@60', 'exit plain@90']);
    expect(rest[1]?.insidePlaceIds).toEqual(['clinic', 'mall']);
  });

  test('exits come before enters, each by place id', () => {
    const east = ['b', 'a'].map((placeId) =>
      aPlace({ placeId, detection: 'plain', geometry: { type: 'Point', coordinates: [0.01, 0] } }),
    );
    const phone = device([plainShop, ...east]);
    phone.read([fixAt(0, 0)]);
    expect(phone.tell([fixAt(60, 1112)])).toEqual(['exit plain@60', 'enter a@60', 'enter b@60']);
  });
});

describe('state', () => {
  test('is small, and unchanged where only time has passed', () => {
    const phone = device([shop, plainShop], { thresholds: [60] });
    expect(phone.read([far(0)]).changed).toBe(true);
    expect(phone.read([far(30)]).changed).toBe(false);
    expect(phone.read([fixAt(60, 0)]).changed).toBe(true);
    expect(phone.read([fixAt(90, 0)]).changed).toBe(true);
    expect(phone.read([fixAt(95, 0)]).changed).toBe(false);
    expect(phone.read([fixAt(200, 0)]).changed).toBe(true);
    expect(JSON.stringify(phone.state()).length).toBeLessThan(350);
    expect(phone.read([]).changed).toBe(false);
    expect(device([shop]).read([]).changed).toBe(false);
  });

  test('the first fix that is believed is written, so that the next is not taken for a first', () => {
    const phone = device([shop], { writeOnlyIfChanged: true });
    expect([fixAt(0, 1000, 0, 5000), far(30), fixAt(60, 0)].flatMap((fix) => phone.tell([fix]))).toEqual([]);
  });

  test('keeps no position for more than a day', () => {
    const phone = device([shop]);
    phone.read([fixAt(0, 0)]);
    expect(phone.read([fixAt(86_400, 0, 0, 5000)]).state.fix).toBeDefined();
    const found = phone.read([fixAt(86_401, 0, 0, 5000)]);
    expect(found).toMatchObject({ changed: true, state: { visits: [{ placeId: 'shop' }] } });
    expect(found.state.fix).toBeUndefined();
  });

  test('names the fixes it does not read', () => {
    const phone = device([shop]);
    const found = phone.read([fixAt(60, 0), fixAt(30, 0), fixAt(60, 1)]);
    expect(found.dropped).toEqual([{ index: 2, reason: 'duplicate' }]);
    expect(phone.read([fixAt(30, 0)]).dropped).toEqual([{ index: 0, reason: 'out-of-order' }]);
  });

  test('is not touched: the state that was passed in stays as it was', () => {
    const index = createPlaceIndex([shop]);
    const ask = (state: Parameters<typeof detect>[0]['state'], fixes: Fix[]) =>
      detect({ state, fixes, index, dwellThresholds: () => [10] });
    const { state } = ask(undefined, [fixAt(0, 0)]);
    const before = structuredClone(state);
    ask(state, [fixAt(30, 300), fixAt(60, 300)]);
    expect(state).toEqual(before);
  });

  test('is bounded, whatever the number of places', () => {
    const many = Array.from({ length: MAX_PLACES_PER_DEVICE + 20 }, (_, i) => aPlace({ placeId: `__proto__${i}` }));
    const phone = device(many);
    expect(phone.tell([far(0), fixAt(30, 0), fixAt(60, 0)])).toHaveLength(MAX_PLACES_PER_DEVICE);
  });

  test('survives the ids that JavaScript objects trip over', () => {
    const phone = device(['__proto__', 'constructor', '7'].map((placeId) => aPlace({ placeId })));
    expect(phone.tell([fixAt(0, 0)])).toEqual(['enter 7@0', 'enter __proto__@0', 'enter constructor@0']);
    expect(phone.tell([fixAt(30, 0)])).toEqual([]);
    expect(phone.tell([fixAt(60, 300), fixAt(90, 300)])).toHaveLength(3);
  });
});
