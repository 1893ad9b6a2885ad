import type { Identifier } from '../model/person.ts';

/** Handles that several people may use: the family's tablet, the card of the household. They can vouch for one login only. */
const WEAK_KINDS: readonly Identifier['kind'][] = ['device', 'card'];

export const isStrong = ({ kind }: Identifier): boolean => !WEAK_KINDS.includes(kind);

/** A profile, by whether any handle of it is somebody's own. */
export type ProfileNode = { personId: string; isStrong: boolean };
/** Evidence that two profiles are one person's; strong where both handles that it speaks of are. */
export type ProfileEdge = { from: string; to: string; isStrong: boolean };

/**
 * Who is one person: a function of the profiles and of the evidence that holds now, and of nothing else, so that it does
 * not matter in which order anything was said, and what is no longer said leaves no trace.
 *
 * Strong edges join. A profile that has only weak handles joins the one person whom its edges lead to; where they lead to
 * two, several people share it and it is neither's. An edge between weak profiles says nothing.
 * @returns for each profile the ids of its person's profiles, sorted
 */
export function partition(
  nodes: readonly ProfileNode[],
  edges: readonly ProfileEdge[],
): ReadonlyMap<string, readonly string[]> {
  const strong = new Set(nodes.flatMap((node) => (node.isStrong ? [node.personId] : [])));
  const known = new Set(nodes.map(({ personId }) => personId));
  const rootOf = joined(
    strong,
    edges.filter((edge) => edge.isStrong && strong.has(edge.from) && strong.has(edge.to)),
  );
  const leads = new Map<string, Set<string>>();
  for (const { from, to } of edges) {
    for (const [weak, other] of [
      [from, to],
      [to, from],
    ] as const) {
      if (strong.has(weak) || !known.has(weak) || !strong.has(other)) continue;
      leads.set(weak, (leads.get(weak) ?? new Set()).add(rootOf(other)));
    }
  }
  const groups = new Map<string, string[]>();
  for (const { personId } of nodes) {
    const [only, ...others] = leads.get(personId) ?? [];
    const person = strong.has(personId)
      ? rootOf(personId)
      : only !== undefined && others.length === 0
        ? only
        : `alone ${personId}`;
    groups.set(person, [...(groups.get(person) ?? []), personId]);
  }
  return new Map([...groups.values()].flatMap((group) => group.sort().map((personId) => [personId, group] as const)));
}

/** Union-find: the same root for all that edges connect. */
function joined(ids: ReadonlySet<string>, edges: readonly ProfileEdge[]): (id: string) => string {
  const parents = new Map([...ids].map((id) => [id, id]));
  const rootOf = (id: string): string => {
    let root = id;
    while (parents.get(root) !== root) root = parents.get(root) ?? root;
    parents.set(id, root);
    return root;
  };
  for (const { from, to } of edges) parents.set(rootOf(from), rootOf(to));
  return rootOf;
}

/** When something was last said, and when it was last taken back; epoch milliseconds. */
export type Said = { at: number; unlinkedAt?: number | undefined };

/** The later word holds, and at one instant the one that takes back. */
export const isActive = ({ at, unlinkedAt }: Said): boolean => unlinkedAt === undefined || at > unlinkedAt;
