/** What was seen of a brand's people: a random share of them (0 to 1), how many there were in it, and how many of those match. */
export type Seen = { covered: number; people: number; members: number };

/** Lowest and highest number of people that is likely. */
export type Interval = [low: number, high: number];
export type Estimate = { count: number; of: number; interval: { count: Interval; of: Interval } };

/** Two-sided 95 % of the normal distribution. */
const Z = 1.959964;

/**
 * How many of a brand's people match, and how many people there are, from a random share of them; each interval holds
 * the truth 95 times in 100. People lie in the list as chance has it, so what is seen in a share of it is a Poisson
 * count, and what was seen is never more than there is.
 */
export function estimate({ covered, people, members }: Seen): Estimate {
  const of = scaled(people, covered);
  const count = scaled(members, covered);
  const highest = of.interval[1];
  return {
    count: count.estimate,
    of: of.estimate,
    interval: { count: [count.interval[0], Math.min(highest, count.interval[1])], of: of.interval },
  };
}

function scaled(seen: number, covered: number): { estimate: number; interval: Interval } {
  const middle = seen / covered;
  const [low, high] = poissonInterval(seen);
  // The more of them has been seen, the less is left to guess: the finite population correction.
  const unseen = Math.sqrt(Math.max(0, 1 - covered));
  return {
    estimate: Math.round(middle),
    interval: [
      Math.max(seen, Math.floor(middle - (middle - low / covered) * unseen)),
      Math.ceil(middle + (high / covered - middle) * unseen),
    ],
  };
}

/** Byar's approximation of the exact interval of a Poisson count: Breslow and Day, Statistical Methods in Cancer Research II (1987), p. 69. */
function poissonInterval(seen: number): Interval {
  const above = seen + 1;
  const low = seen === 0 ? 0 : seen * (1 - 1 / (9 * seen) - Z / (3 * Math.sqrt(seen))) ** 3;
  return [Math.max(0, low), above * (1 - 1 / (9 * above) + Z / (3 * Math.sqrt(above))) ** 3];
}
