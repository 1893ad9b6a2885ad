import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isActive, type ProfileEdge, type ProfileNode, partition } from '#core/people/graph.ts';

const IDS = Array.from({ length: 9 }, (_, index) => `p${index}`);
const node = (personId: string, isStrong: boolean): ProfileNode => ({ personId, isStrong });
const edge = (from: string, to: string, isStrong: boolean): ProfileEdge => ({ from, to, isStrong });

/** Who is strong, and evidence between them: what speaks of a weak profile is weak. */
const worlds = fc
  .tuple(
    fc.array(fc.boolean(), { minLength: IDS.length, maxLength: IDS.length }),
    fc.array(fc.tuple(fc.nat(IDS.length - 1), fc.nat(IDS.length - 1), fc.boolean()), { maxLength: 16 }),
  )
  .map(([strong, pairs]) => ({
    nodes: IDS.map((personId, index) => node(personId, strong[index] === true)),
    edges: pairs.map(([from, to, isStrong]) =>
      edge(IDS[from] ?? '', IDS[to] ?? '', isStrong && strong[from] === true && strong[to] === true),
    ),
  }));

/** The same said slowly: everything reachable over strong evidence; a weak one counts the people it leads to. */
function reference(nodes: readonly ProfileNode[], edges: readonly ProfileEdge[]): Map<string, string[]> {
  const strong = nodes.filter((one) => one.isStrong).map(({ personId }) => personId);
  const beside = (id: string, only: (one: ProfileEdge) => boolean) =>
    edges.filter(only).flatMap(({ from, to }) => (from === id ? [to] : to === id ? [from] : []));
  const reach = (start: string): string[] => {
    const seen = new Set([start]);
    for (let size = 0; size !== seen.size; ) {
      size = seen.size;
      for (const id of [...seen])
        for (const other of beside(id, (one) => one.isStrong)) if (strong.includes(other)) seen.add(other);
    }
    return [...seen].sort();
  };
  const people = new Map(strong.map((id) => [id, reach(id)]));
  const groups = new Map([...people].map(([id, group]) => [id, [...group]]));
  for (const { personId, isStrong } of nodes) {
    if (isStrong) continue;
    const led = new Set(
      beside(personId, () => true)
        .filter((id) => strong.includes(id))
        .map((id) => people.get(id)?.join() ?? ''),
    );
    groups.set(personId, [personId]);
    if (led.size !== 1) continue;
    const members = [...led][0]?.split(',') ?? [];
    for (const member of members) groups.get(member)?.push(personId);
  }
  // Weak ones of one person are together.
  for (const { personId, isStrong } of nodes) {
    const host = [...groups].find(([id, group]) => strong.includes(id) && group.includes(personId))?.[1];
    if (!isStrong && host) groups.set(personId, host);
  }
  return new Map([...groups].map(([id, group]) => [id, [...group].sort()]));
}

const asObject = (groups: ReadonlyMap<string, readonly string[]>) => Object.fromEntries([...groups].sort());

describe('who is one person', () => {
  it('is what a slow reference says', () => {
    fc.assert(
      fc.property(worlds, ({ nodes, edges }) => {
        expect(asObject(partition(nodes, edges))).toEqual(asObject(reference(nodes, edges)));
      }),
      { numRuns: 2000 },
    );
  });

  it('does not depend on the order in which anything was said', () => {
    fc.assert(
      fc.property(worlds, fc.infiniteStream(fc.nat()), ({ nodes, edges }, chance) => {
        const shuffled = edges.map((one) => [chance.next().value as number, one] as const);
        shuffled.sort(([a], [b]) => a - b);
        const turned = shuffled.map(([, { from, to, isStrong }]) => edge(to, from, isStrong));
        expect(asObject(partition(nodes.toReversed(), turned))).toEqual(asObject(partition(nodes, edges)));
      }),
      { numRuns: 500 },
    );
  });

  it('never puts two logins together by what is not somebody’s own', () => {
    fc.assert(
      fc.property(worlds, ({ nodes, edges }) => {
        const without = partition(
          nodes,
          edges.filter(({ isStrong }) => isStrong),
        );
        const groups = partition(nodes, edges);
        for (const { personId, isStrong } of nodes) {
          if (!isStrong) continue;
          const logins = (all: ReadonlyMap<string, readonly string[]>) =>
            all.get(personId)?.filter((id) => nodes.find((one) => one.personId === id)?.isStrong);
          expect(logins(groups)).toEqual(logins(without));
        }
      }),
      { numRuns: 500 },
    );
  });

  it('knows a tablet of one, of two, and of one again', () => {
    const nodes = [node('kid', true), node('dad', true), node('tablet', false)];
    const kid = edge('tablet', 'kid', false);
    const dad = edge('dad', 'tablet', false);
    expect(partition(nodes, [kid]).get('tablet')).toEqual(['kid', 'tablet']);
    expect(partition(nodes, [kid, dad]).get('tablet')).toEqual(['tablet']);
    expect(partition(nodes, [kid, dad]).get('kid')).toEqual(['kid']);
    expect(partition(nodes, [dad]).get('tablet')).toEqual(['dad', 'tablet']);
    expect(partition(nodes, [kid, dad, edge('kid', 'dad', true)]).get('tablet')).toEqual(['dad', 'kid', 'tablet']);
  });
});

it('holds what was said last, and of two words at once the one that takes back', () => {
  expect(isActive({ at: 5 })).toBe(true);
  expect(isActive({ at: 5, unlinkedAt: 4 })).toBe(true);
  expect(isActive({ at: 5, unlinkedAt: 5 })).toBe(false);
  expect(isActive({ at: 5, unlinkedAt: 6 })).toBe(false);
});
