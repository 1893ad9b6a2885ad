import { type PointerEvent, type ReactNode, useEffect, useRef, useState } from 'react';
import type { FeedEvents } from '../shared/api.ts';
import { useLang } from '../shared/lang.tsx';

type Counters = FeedEvents['counters'];
const COUNTERS = [
  'positions',
  'signals',
  'offered',
  'heldOut',
  'skipped',
  'sent',
  'redeemed',
] as const satisfies readonly (keyof Counters)[];
/** A drag shorter than this is a press, in pixels. */
const PRESS_PX = 12;
const SIZES = ['peek', 'half', 'full'] as const;

/** The panel beside the map; on a phone a sheet of three heights that its handle drags or steps through. */
export function Panel({
  counters,
  opensAt,
  children,
}: {
  counters: Counters;
  opensAt: string | undefined;
  children: ReactNode;
}) {
  const { t, lang } = useLang();
  const [size, setSize] = useState<(typeof SIZES)[number]>('half');
  const dragFrom = useRef<number>(undefined);
  // Whoever picks a person wants to read about them.
  useEffect(() => {
    if (opensAt !== undefined) setSize((now) => (now === 'peek' ? 'half' : now));
  }, [opensAt]);
  const move = (by: number) => setSize((now) => SIZES[Math.min(2, Math.max(0, SIZES.indexOf(now) + by))] ?? now);
  const drop = ({ clientY }: PointerEvent) => {
    const dragged = dragFrom.current === undefined ? 0 : dragFrom.current - clientY;
    dragFrom.current = undefined;
    if (Math.abs(dragged) >= PRESS_PX) move(Math.sign(dragged));
  };
  return (
    <aside className={`panel ${size}`}>
      <button
        type="button"
        className="panel-handle"
        aria-expanded={size === 'full'}
        aria-label={t(size === 'full' ? 'panel.collapse' : 'panel.expand')}
        onPointerDown={({ clientY, currentTarget, pointerId }) => {
          dragFrom.current = clientY;
          currentTarget.setPointerCapture(pointerId);
        }}
        onPointerUp={drop}
        onKeyDown={({ key }) => {
          if (key === 'ArrowUp') move(1);
          if (key === 'ArrowDown') move(-1);
        }}
        onClick={() => setSize((now) => (now === 'full' ? 'half' : now === 'half' ? 'full' : 'half'))}
      />
      <dl className="counters">
        {COUNTERS.map((counter) => (
          <div key={counter} className={`counter ${counter}`}>
            <dt>{t(`counter.${counter}`)}</dt>
            <dd>{compact(counters[counter], lang)}</dd>
          </div>
        ))}
      </dl>
      {children}
    </aside>
  );
}

/** `9,999`, then `12.3K`: a figure never outgrows its box. */
function compact(value: number, lang: string): string {
  return value.toLocaleString(lang, value < 10_000 ? {} : { notation: 'compact', maximumFractionDigits: 1 });
}
