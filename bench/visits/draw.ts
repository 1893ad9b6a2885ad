import type { Contender } from './contenders.ts';
import type { Noise } from './noise.ts';
import type { Score } from './score.ts';

type Drawn = { noise: Noise; contender: Contender; total: Score };

const WIDTH = 860;
const LEFT = 190;
const BAR = 13;
const PANEL = { width: 250, gap: 70 };
const COLOURS = ['#0b7a75', '#c8553d', '#8d6a9f', '#d9a441'];

/** Two panels, one bar for each contender under each noise: false events for each true visit, and true visits missed. */
export function draw(runs: readonly Drawn[]): string {
  const noises = [...new Set(runs.map(({ noise }) => noise))];
  const contenders = [...new Set(runs.map(({ contender }) => contender))];
  const group = contenders.length * BAR + 26;
  const height = 84 + noises.length * group;
  const most = Math.max(...runs.map((run) => falsePerVisit(run)));
  const parts = contenders.map((contender, n) => legend(contender.name, n));
  parts.push(text(LEFT, 62, 'false events for each true visit', 'bold'));
  parts.push(text(LEFT + PANEL.width + PANEL.gap, 62, 'true visits missed', 'bold'));
  noises.forEach((noise, row) => {
    const top = 84 + row * group;
    parts.push(text(12, top + (contenders.length * BAR) / 2 + 4, noise.name, 'bold'));
    contenders.forEach((contender, n) => {
      const one = runs.find((run) => run.noise === noise && run.contender === contender);
      if (!one) return;
      const y = top + n * BAR;
      const missed = 1 - one.total.detected / one.total.trueVisits;
      parts.push(bar({ x: LEFT, y, share: falsePerVisit(one) / most, label: falsePerVisit(one).toFixed(2), n }));
      const right = LEFT + PANEL.width + PANEL.gap;
      parts.push(bar({ x: right, y, share: missed / 0.25, label: `${(missed * 100).toFixed(1)} %`, n }));
    });
  });
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" font-family="system-ui, sans-serif" font-size="12" role="img" aria-label="False events and missed visits, by kind of noise and by detector">`,
    // Its own background: readable on a light page and on a dark one.
    `<rect width="${WIDTH}" height="${height}" fill="#fdfdfb"/>`,
    ...parts,
    '</svg>\n',
  ].join('\n');
}

const falsePerVisit = ({ total }: Drawn): number => total.falseEvents / total.trueVisits;

const text = (x: number, y: number, words: string, weight = 'normal'): string =>
  `<text x="${x}" y="${y}" fill="#222" font-weight="${weight}">${words}</text>`;

function legend(name: string, n: number): string {
  const x = 12 + n * 205;
  return `<rect x="${x}" y="16" width="12" height="12" fill="${COLOURS[n]}"/>${text(x + 18, 26, name)}`;
}

function bar({ x, y, share, label, n }: { x: number; y: number; share: number; label: string; n: number }): string {
  const width = Math.max(1, Math.min(1, share) * PANEL.width);
  return `<rect x="${x}" y="${y}" width="${width.toFixed(1)}" height="${BAR - 3}" fill="${COLOURS[n]}"/>${text(Math.round(x + width + 5), y + 10, label)}`;
}
