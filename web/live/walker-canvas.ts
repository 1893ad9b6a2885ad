import type { Map as MapLibre } from 'maplibre-gl';
import type { Outcome } from '#core/model/decision.ts';
import type { FeedEvents } from '../shared/api.ts';
import type { Palette } from './palette.ts';

type LngLat = [lng: number, lat: number];
type Dot = { from: LngLat; to: LngLat; since: number; outcome?: Outcome; outcomeAt?: number };
type Pulse = { personId?: string | undefined; at: LngLat; color: string; since: number };

/** Positions come once a second; dots take a little longer to get there, so that they never stop between two. */
const GLIDE_MS = 1150;
const PULSE_MS = 1700;
/** How long a person keeps the colour of what was decided about them. */
const GLOW_MS = 7000;
const FRAME_MS = 1000 / 30;
/** A machine that needs this long for a frame (no GPU, an old phone) gets five frames a second, and its breath back. */
const SLOW_FRAME_MS = 60;
const SLOW_INTERVAL_MS = 200;
const MAX_PULSES = 40;
/** A finger is about this wide, in CSS pixels. */
const PICK_PX = 18;

export type WalkerCanvas = ReturnType<typeof createWalkerCanvas>;

/** The people, drawn on a canvas of their own above the map: thirty smooth frames a second without moving any GeoJSON. */
// biome-ignore lint/complexity/noExcessiveLinesPerFunction: one closure over what is on the canvas; each function in it is short
export function createWalkerCanvas(map: MapLibre, canvas: HTMLCanvasElement, palette: Palette) {
  const dots = new Map<string, Dot>();
  const isStill = matchMedia('(prefers-reduced-motion: reduce)');
  let pulses: Pulse[] = [];
  let selected: { personId: string; name: string } | undefined;
  let frame = 0;
  let drawnAt = 0;
  /** How long the frame after a drawn one took, smoothed: what drawing costs, compositing included. */
  let costMs = 0;
  let hasJustDrawn = false;

  const where = ({ from, to, since }: Dot, now: number): LngLat => {
    const t = isStill.matches ? 1 : share(now - since, GLIDE_MS);
    return [from[0] + (to[0] - from[0]) * t, from[1] + (to[1] - from[1]) * t];
  };

  const draw = (now: number) => {
    frame = requestAnimationFrame(draw);
    if (hasJustDrawn) costMs += (Math.min(now - drawnAt, 500) - costMs) * 0.1;
    hasJustDrawn = false;
    if (now - drawnAt < (costMs > SLOW_FRAME_MS ? SLOW_INTERVAL_MS : FRAME_MS)) return;
    drawnAt = now;
    hasJustDrawn = true;
    const context = fitCanvas(canvas);
    if (!context) return;
    const radius = Math.min(8, Math.max(2.8, 2.8 + (map.getZoom() - 14.5) * 1.25));
    pulses = pulses.filter(({ since }) => now - since < PULSE_MS);
    for (const pulse of pulses) drawPulse(context, pulse, now);
    for (const [personId, dot] of dots) {
      if (personId !== selected?.personId) drawDot(context, dot, radius, now);
    }
    const chosen = selected && dots.get(selected.personId);
    if (chosen && selected) drawSelected(context, chosen, selected.name, radius, now);
  };

  const drawPulse = (context: CanvasRenderingContext2D, { personId, at, color, since }: Pulse, now: number) => {
    const dot = personId === undefined ? undefined : dots.get(personId);
    const { x, y } = map.project(dot ? where(dot, now) : at);
    const t = share(now - since, PULSE_MS);
    context.globalAlpha = isStill.matches ? 0.7 : 0.85 * (1 - t);
    context.lineWidth = 2.5;
    context.strokeStyle = color;
    ring(context, x, y, isStill.matches ? 14 : 6 + 30 * (1 - (1 - t) ** 3));
    context.globalAlpha = 1;
  };

  const drawDot = (context: CanvasRenderingContext2D, dot: Dot, radius: number, now: number) => {
    const { x, y } = map.project(where(dot, now));
    const isFresh = dot.outcome !== undefined && now - (dot.outcomeAt ?? 0) < GLOW_MS;
    context.fillStyle = isFresh && dot.outcome ? palette.outcome[dot.outcome] : palette.walker;
    context.strokeStyle = palette.walkerLine;
    context.lineWidth = 1.4;
    context.beginPath();
    context.arc(x, y, isFresh ? radius + 1.6 : radius, 0, 2 * Math.PI);
    context.fill();
    context.stroke();
  };

  const drawSelected = (context: CanvasRenderingContext2D, dot: Dot, name: string, radius: number, now: number) => {
    const { x, y } = map.project(where(dot, now));
    context.strokeStyle = palette.selected;
    context.lineWidth = 3;
    ring(context, x, y, radius + 6);
    drawDot(context, dot, radius + 1, now);
    context.font = `600 13px ${getComputedStyle(canvas).fontFamily}`;
    context.textAlign = 'center';
    context.lineWidth = 4;
    context.lineJoin = 'round';
    context.strokeStyle = palette.halo;
    context.strokeText(name, x, y - radius - 12);
    context.fillStyle = palette.selected;
    context.fillText(name, x, y - radius - 12);
  };

  frame = requestAnimationFrame(draw);
  return {
    setWalkers: ({ walkers }: FeedEvents['walkers']) => {
      const now = performance.now();
      const seen = new Set<string>();
      for (const { personId, lng, lat } of walkers) {
        const to: LngLat = [lng, lat];
        const dot = dots.get(personId);
        seen.add(personId);
        dots.set(personId, { ...dot, from: dot ? where(dot, now) : to, to, since: now });
      }
      for (const personId of dots.keys()) if (!seen.has(personId)) dots.delete(personId);
    },
    pulse: ({
      personId,
      at,
      outcome,
    }: {
      personId?: string | undefined;
      at: LngLat | undefined;
      outcome: Outcome | undefined;
    }) => {
      const now = performance.now();
      const dot = personId === undefined ? undefined : dots.get(personId);
      if (dot && outcome) Object.assign(dot, { outcome, outcomeAt: now });
      const place = at ?? dot?.to;
      if (place && outcome)
        pulses = [...pulses, { personId, at: place, color: palette.outcome[outcome], since: now }].slice(-MAX_PULSES);
    },
    select: (person: { personId: string; name: string } | undefined) => {
      selected = person;
    },
    positionOf: (personId: string): LngLat | undefined => dots.get(personId)?.to,
    /** The person nearest to a point of the canvas, if within a finger's reach. */
    pick: (x: number, y: number): string | undefined => {
      const now = performance.now();
      let best: { personId: string; px: number } | undefined;
      for (const [personId, dot] of dots) {
        const point = map.project(where(dot, now));
        const px = Math.hypot(point.x - x, point.y - y);
        if (px <= PICK_PX && px < (best?.px ?? Number.POSITIVE_INFINITY)) best = { personId, px };
      }
      return best?.personId;
    },
    destroy: () => cancelAnimationFrame(frame),
  };
}

/** How much of a time has passed, 0 to 1. A frame's clock is its start, which may lie before what the feed brought meanwhile. */
const share = (passedMs: number, ofMs: number): number => Math.min(1, Math.max(0, passedMs / ofMs));

function ring(context: CanvasRenderingContext2D, x: number, y: number, radius: number): void {
  context.beginPath();
  context.arc(x, y, radius, 0, 2 * Math.PI);
  context.stroke();
}

/** The canvas cleared, at the size of its box and the screen's density, or undefined while it has none. */
function fitCanvas(canvas: HTMLCanvasElement): CanvasRenderingContext2D | undefined {
  const { clientWidth, clientHeight } = canvas;
  const context = canvas.getContext('2d');
  if (!context || clientWidth === 0) return undefined;
  const ratio = Math.min(devicePixelRatio, 2);
  const [width, height] = [Math.round(clientWidth * ratio), Math.round(clientHeight * ratio)];
  if (canvas.width !== width || canvas.height !== height) Object.assign(canvas, { width, height });
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  context.clearRect(0, 0, clientWidth, clientHeight);
  return context;
}
