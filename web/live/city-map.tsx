import { type Map as MapLibre, Map as MapLibreMap, setWorkerUrl } from 'maplibre-gl';
import { useEffect, useRef, useState } from 'react';
import { localName } from '#core/model/local-name.ts';
import type { CityMap } from '../shared/city-map.ts';
import { useLang } from '../shared/lang.tsx';
import { cityStyle, labelFont } from './map-style.ts';
import { currentPalette } from './palette.ts';
import { createWalkerCanvas, type WalkerCanvas } from './walker-canvas.ts';

setWorkerUrl('/assets/maplibre-gl-worker.mjs');

type Tip = { text: string; x: number; y: number };
type Props = {
  city: CityMap;
  onReady: (walkers: WalkerCanvas | undefined, map: MapLibre | undefined) => void;
  onPerson: (personId: string) => void;
  onPlace: (name: string) => void;
};

/** The city and its people. The map is made once; everything that moves goes through the walker canvas. */
export function CityMapView({ city, onReady, onPerson, onPlace }: Props) {
  const { lang, t } = useLang();
  const boxRef = useRef<HTMLDivElement>(null);
  const canvasRef = useRef<HTMLCanvasElement>(null);
  const mapRef = useRef<MapLibre>(undefined);
  const callbacks = useRef({ onReady, onPerson, onPlace, lang });
  callbacks.current = { onReady, onPerson, onPlace, lang };
  const [hasFailed, setHasFailed] = useState(false);
  const [isDrawn, setIsDrawn] = useState(false);
  const [tip, setTip] = useState<Tip>();

  useEffect(() => {
    const [box, canvas] = [boxRef.current, canvasRef.current];
    if (!box || !canvas) return;
    let cleanUp: (() => void) | undefined;
    let isGone = false;
    void loadLabelFont(city).then(() => {
      if (isGone) return;
      try {
        cleanUp = start(box, canvas);
      } catch {
        // No WebGL: the stream beside the map does not need it.
        setHasFailed(true);
      }
    });
    const start = (container: HTMLDivElement, overlay: HTMLCanvasElement) => {
      const palette = currentPalette();
      const map = new MapLibreMap({
        container,
        style: cityStyle(city, palette, callbacks.current.lang),
        bounds: city.bounds,
        fitBoundsOptions: { padding: mapPadding() },
        minZoom: 13.5,
        maxZoom: 19.5,
        maxPitch: 0,
        dragRotate: false,
        attributionControl: false,
        // Quick to redraw, and every fade costs frames.
        fadeDuration: 150,
      });
      map.touchZoomRotate.disableRotation();
      map.keyboard.disableRotation();
      const walkers = createWalkerCanvas(map, overlay, palette);
      mapRef.current = map;
      map.on('click', ({ point }) => {
        const personId = walkers.pick(point.x, point.y);
        const place = map.queryRenderedFeatures(point, { layers: ['places'] }).at(0);
        if (personId) callbacks.current.onPerson(personId);
        else if (place) callbacks.current.onPlace(String(place.properties.name));
      });
      map.on('mousemove', ({ point }) => {
        const personId = walkers.pick(point.x, point.y);
        const place = map.queryRenderedFeatures(point, { layers: ['places'] }).at(0);
        map.getCanvas().style.cursor = personId || place ? 'pointer' : '';
        setTip(
          place && !personId
            ? { text: localName(String(place.properties.name), callbacks.current.lang), x: point.x, y: point.y }
            : undefined,
        );
      });
      map.on('mouseout', () => setTip(undefined));
      map.once('idle', () => setIsDrawn(true));
      callbacks.current.onReady(walkers, map);
      return () => {
        walkers.destroy();
        map.remove();
        callbacks.current.onReady(undefined, undefined);
      };
    };
    return () => {
      isGone = true;
      cleanUp?.();
    };
  }, [city]);

  useEffect(() => {
    const map = mapRef.current;
    if (!map?.getLayer('place-labels')) return;
    for (const layer of ['place-labels', 'street-labels']) {
      map.setLayoutProperty(layer, 'text-field', ['get', lang]);
      map.setLayoutProperty(layer, 'text-font', labelFont(lang));
    }
  }, [lang]);

  return (
    <section className="map" aria-label={t('map.label', { city: localName(city.name, lang) })} data-drawn={isDrawn}>
      <div ref={boxRef} className="map-box" />
      <canvas ref={canvasRef} className="map-people" />
      {tip && (
        <div className="map-tip" style={{ left: tip.x, top: tip.y }}>
          {tip.text}
        </div>
      )}
      {hasFailed && <p className="map-note">{t('map.failed')}</p>}
      {!hasFailed && (
        <div className="map-buttons">
          <button type="button" aria-label={t('map.zoomIn')} onClick={() => mapRef.current?.zoomIn()}>
            +
          </button>
          <button type="button" aria-label={t('map.zoomOut')} onClick={() => mapRef.current?.zoomOut()}>
            −
          </button>
          <button
            type="button"
            aria-label={t('map.fit')}
            onClick={() => mapRef.current?.fitBounds(city.bounds, { padding: mapPadding() })}
          >
            ⤢
          </button>
        </div>
      )}
    </section>
  );
}

/** What of the map other parts cover, in pixels: the panel on the right, or the sheet and the header on a phone. */
export function mapPadding(): { top: number; right: number; bottom: number; left: number } {
  const isPhone = matchMedia('(max-width: 820px)').matches;
  return isPhone
    ? { top: 64, right: 8, bottom: Math.round(innerHeight * 0.46), left: 8 }
    : { top: 72, right: 24, bottom: 24, left: 24 };
}

/** MapLibre draws each character once and keeps it, so the pieces of the font that hold our labels must be there first. */
async function loadLabelFont(city: CityMap): Promise<void> {
  const text = [...city.places.features, ...city.streets.features].map(({ properties }) => properties.name).join('');
  const late = new Promise((resolve) => setTimeout(resolve, 3000));
  await Promise.race([document.fonts.load("48px 'Noto Sans SC'", text).catch(() => undefined), late]);
}
