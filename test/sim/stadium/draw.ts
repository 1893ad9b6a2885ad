import type { Match, Sample } from './match.ts';

const WIDTH = 860;
const PANEL = 150;
const LEFT = 64;
const RIGHT = 20;
const SECONDS = 70;
const BLUE = '#2563eb';
const ORANGE = '#d97706';
const GREEN = '#15803d';
const GREY = '#64748b';

type Line = { label: string; colour: string; of: (sample: Sample, index: number) => number };
type Panel = { title: string; lines: Line[] };

/** The match as a picture (SVG): what came, what was decided, what was issued, what waited. */
export function drawMatch({ samples }: Match, figures: Record<string, number>): string {
  const shown = samples.filter(({ seconds }) => seconds <= SECONDS);
  const perSecond = 1 / ((shown[1]?.seconds ?? 0.5) - (shown[0]?.seconds ?? 0));
  const total = (of: (sample: Sample) => number) => {
    let sum = 0;
    return shown.map((sample) => {
      sum += of(sample);
      return sum;
    });
  };
  const [issued, handedOver] = [total((sample) => sample.issued), total((sample) => sample.handedOver)];
  const panels: Panel[] = [
    {
      title: 'Signals a second · 每秒信号数',
      lines: [
        { label: 'arrived · 到达', colour: ORANGE, of: ({ arrived }) => arrived * perSecond },
        { label: 'decided · 已判定', colour: BLUE, of: ({ decided }) => decided * perSecond },
      ],
    },
    {
      title: 'Coupons of the stadium · 体育场优惠券',
      lines: [
        { label: 'issued · 已发放', colour: GREEN, of: (_, index) => issued[index] ?? 0 },
        { label: 'with the provider · 已交付渠道', colour: BLUE, of: (_, index) => handedOver[index] ?? 0 },
      ],
    },
    {
      title: 'Signals waiting, and Lambda environments · 等待与环境',
      lines: [
        { label: 'waiting · 等待', colour: ORANGE, of: ({ backlog }) => backlog },
        { label: 'environments · 运行环境', colour: GREY, of: ({ environments }) => environments },
      ],
    },
  ];
  const height = 96 + panels.length * (PANEL + 56);
  const caption =
    `${count(figures.issued)} coupons issued of 10,000 · ${count(figures.signals)} signals, each recorded once · ` +
    `hand-off p99 ${count(figures.handOffP99Ms)} ms · other brands’ p99 ${count(figures.othersP99MsQuiet)} → ${count(figures.othersP99MsLoud)} ms`;
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" font-family="system-ui, 'Noto Sans SC', sans-serif" font-size="12" role="img" aria-labelledby="title">
<title id="title">A simulated stadium: ${caption}</title>
<rect width="${WIDTH}" height="${height}" fill="#ffffff"/>
<text x="${LEFT}" y="28" font-size="17" font-weight="600" fill="#0f172a">50,000 people enter a stadium in a minute; 10,000 coupons · 一分钟 5 万人进场，1 万张券</text>
<text x="${LEFT}" y="50" fill="${GREY}">${caption}</text>
${panels.map((panel, index) => drawPanel(panel, shown, 84 + index * (PANEL + 56))).join('\n')}
</svg>
`;
}

function drawPanel({ title, lines }: Panel, samples: readonly Sample[], top: number): string {
  const most = niceCeiling(Math.max(1, ...lines.flatMap(({ of }) => samples.map(of))));
  const x = (seconds: number) => LEFT + (seconds / SECONDS) * (WIDTH - LEFT - RIGHT);
  const y = (value: number) => top + PANEL - (value / most) * PANEL;
  const grid = [0, 0.5, 1].map((share) => {
    const level = y(share * most);
    return `<line x1="${LEFT}" x2="${WIDTH - RIGHT}" y1="${level}" y2="${level}" stroke="#e2e8f0"/><text x="${LEFT - 8}" y="${level + 4}" text-anchor="end" fill="${GREY}">${count(share * most)}</text>`;
  });
  const ticks = [0, 10, 20, 30, 40, 50, 60, 70].map(
    (seconds) =>
      `<text x="${x(seconds)}" y="${top + PANEL + 16}" text-anchor="middle" fill="${GREY}">${seconds} s</text>`,
  );
  const drawn = lines.map(({ label, colour, of }, index) => {
    const points = samples
      .map((sample, at) => `${x(sample.seconds).toFixed(1)},${y(of(sample, at)).toFixed(1)}`)
      .join(' ');
    const key = LEFT + 420 + index * 180;
    return `<polyline points="${points}" fill="none" stroke="${colour}" stroke-width="2"/><line x1="${key}" x2="${key + 18}" y1="${top - 12}" y2="${top - 12}" stroke="${colour}" stroke-width="3"/><text x="${key + 24}" y="${top - 8}" fill="#0f172a">${label}</text>`;
  });
  return [
    `<text x="${LEFT}" y="${top - 8}" font-weight="600" fill="#0f172a">${title}</text>`,
    ...grid,
    ...ticks,
    ...drawn,
  ].join('\n');
}

/** 1, 2 or 5 times a power of ten: an axis that can be read. */
function niceCeiling(value: number): number {
  const power = 10 ** Math.floor(Math.log10(value));
  return power * ([1, 2, 3, 5, 10].find((step) => step * power >= value) ?? 10);
}

const count = (value: number | undefined): string => Math.round(value ?? Number.NaN).toLocaleString('en');
