import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Crossing, type CrossingState, cross } from '#core/geo/amazon/crossings.ts';

const enter = (placeId: string, at: number): Crossing => ({ kind: 'geofence.enter', placeId, at });
const exit = (placeId: string, at: number): Crossing => ({ kind: 'geofence.exit', placeId, at });

function play(crossings: readonly Crossing[], knows: (placeId: string) => boolean = () => true) {
  let state: CrossingState | undefined;
  const told = crossings.map((crossing) => {
    const after = cross({ state, crossing, knows });
    state = after.state;
    return after;
  });
  return { state: state as CrossingState, told };
}
const inside = ({ visits }: CrossingState) => visits.map(({ placeId, since }) => [placeId, since]).sort();

describe('what Amazon Location’s events leave known of a device', () => {
  it('is the same in any order and with any repeats', () => {
    const crossing = fc.record({
      kind: fc.constantFrom('geofence.enter' as const, 'geofence.exit' as const),
      placeId: fc.constantFrom('a', 'b', 'c'),
      at: fc.integer({ min: 1, max: 30 }),
    });
    const events = fc.array(crossing, { minLength: 1, maxLength: 14 });
    fc.assert(
      fc.property(
        events.chain((list) =>
          fc.tuple(fc.constant(list), fc.shuffledSubarray([...list, ...list], { minLength: list.length * 2 })),
        ),
        ([list, shuffled]) => {
          // The newest of a place decides; of one instant the exit.
          const newest = new Map<string, Crossing>();
          for (const one of [...list].sort((a, b) => a.at - b.at || (a.kind === 'geofence.exit' ? 1 : -1))) {
            newest.set(one.placeId, one);
          }
          const wanted = [...newest.values()]
            .filter(({ kind }) => kind === 'geofence.enter')
            .map(({ placeId, at }) => [placeId, at])
            .sort();
          expect(inside(play(list).state)).toEqual(wanted);
          expect(inside(play(shuffled).state)).toEqual(wanted);
        },
      ),
      { numRuns: 500 },
    );
  });

  it('tells each event each time, under what it says alone', () => {
    const { told } = play([exit('a', 2), enter('a', 1), exit('a', 2)]);
    expect(told.map(({ transitions }) => transitions.map(({ kind, at }) => [kind, at]))).toEqual([
      [['geofence.exit', 2]],
      [['geofence.enter', 1]],
      [['geofence.exit', 2]],
    ]);
    expect(told.map(({ changed }) => changed)).toEqual([true, false, false]);
  });

  it('says what else the device is in', () => {
    const { told } = play([enter('mall', 1), enter('shop', 2), exit('mall', 3)]);
    expect(told.map(({ transitions }) => transitions[0]?.insidePlaceIds)).toEqual([
      ['mall'],
      ['mall', 'shop'],
      ['shop'],
    ]);
  });

  it('forgets places that are no more, and says nothing of them', () => {
    const gone = new Set<string>();
    let state: CrossingState | undefined;
    const step = (crossing: Crossing) => {
      const after = cross({ state, crossing, knows: (placeId) => !gone.has(placeId) });
      state = after.state;
      return after;
    };
    step(enter('a', 1));
    gone.add('a');
    expect(step(enter('b', 2)).transitions[0]?.insidePlaceIds).toEqual(['b']);
    expect(step(exit('a', 3))).toMatchObject({ transitions: [] });
    expect(inside(state as CrossingState)).toEqual([['b', 2]]);
  });

  it('has a bound', () => {
    const many = Array.from({ length: 700 }, (_, i) => enter(`p${i}`, i + 1));
    expect(play(many).state.visits).toHaveLength(500);
    expect(play(many.map(({ placeId, at }) => exit(placeId, at))).state.left).toHaveLength(100);
  });
});
