import type { Map as MapLibre } from 'maplibre-gl';
import { useCallback, useEffect, useRef, useState, useSyncExternalStore } from 'react';
import { localName } from '#core/model/local-name.ts';
import { api } from '../shared/api.ts';
import type { CityMap } from '../shared/city-map.ts';
import { useLang } from '../shared/lang.tsx';
import { CityMapView, mapPadding } from './city-map.tsx';
import { createDirectory, type Directory } from './directory.ts';
import { openFeed } from './feed.ts';
import { Header } from './header.tsx';
import { Legend } from './legend.tsx';
import { bestOutcome, createLiveStore, type LiveStore } from './live-store.ts';
import { Panel } from './panel.tsx';
import { PersonPanel } from './person.tsx';
import { Stream } from './stream.tsx';
import type { WalkerCanvas } from './walker-canvas.ts';

/** The live page: loads the city, then shows it with what happens in it. */
export function App() {
  const { t } = useLang();
  const [city, setCity] = useState<CityMap>();
  const [hasFailed, setHasFailed] = useState(false);
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const load = () =>
      api.city().then(
        (loaded) => {
          setHasFailed(false);
          setCity(loaded);
        },
        () => {
          setHasFailed(true);
          timer = setTimeout(load, 2000);
        },
      );
    void load();
    return () => clearTimeout(timer);
  }, []);
  if (!city) {
    return (
      <p className="splash" role="status">
        {hasFailed ? t('load.failed') : t('map.loading')}
      </p>
    );
  }
  return <LiveCity city={city} />;
}

function LiveCity({ city }: { city: CityMap }) {
  const { lang, t } = useLang();
  const [store] = useState<LiveStore>(createLiveStore);
  const [directory] = useState<Directory>(() => createDirectory(city));
  const [personId, setPersonId] = useState<string>();
  const [search, setSearch] = useState('');
  const walkersRef = useRef<WalkerCanvas>(undefined);
  const mapRef = useRef<MapLibre>(undefined);
  const live = useSyncExternalStore(store.subscribe, store.get);
  useSyncExternalStore(directory.subscribe, directory.version);

  useEffect(() => {
    const labels = new Map(city.places.features.map(({ properties }) => [properties.placeId, properties.label]));
    directory.askCampaigns();
    void directory.begin();
    return openFeed({
      connection: store.connection,
      counters: store.counters,
      message: store.message,
      redemption: store.redemption,
      walkers: (event) => {
        walkersRef.current?.setWalkers(event);
        store.walking(event.walkers.length);
      },
      signal: (event) => {
        store.signal(event);
        walkersRef.current?.pulse({
          personId: event.personId,
          at: event.placeId ? labels.get(event.placeId) : undefined,
          outcome: bestOutcome((event.decisions ?? []).filter(directory.names.concerns)),
        });
      },
    });
  }, [city, store, directory]);

  const name = personId === undefined ? undefined : (directory.names.person(personId) ?? personId);
  useEffect(() => {
    if (personId === undefined) return walkersRef.current?.select(undefined);
    directory.ask([personId]);
    walkersRef.current?.select({ personId, name: name ?? personId });
  }, [personId, name, directory]);

  const showOnMap = useCallback((id: string) => {
    const center = walkersRef.current?.positionOf(id);
    if (center)
      mapRef.current?.easeTo({ center, zoom: Math.max(mapRef.current.getZoom(), 16.4), padding: mapPadding() });
  }, []);

  return (
    <div className="live">
      <CityMapView
        city={city}
        onReady={(walkers, map) => {
          walkersRef.current = walkers;
          mapRef.current = map;
        }}
        onPerson={setPersonId}
        onPlace={(place) => {
          setPersonId(undefined);
          setSearch(localName(place, lang));
        }}
      />
      <Header cityName={localName(city.name, lang)} connection={live.connection} />
      <Legend />
      {live.walking === 0 && (
        <div className="map-note" role="status">
          <strong>{t('empty.walkers')}</strong>
          <span>{t('empty.walkers.how')}</span>
        </div>
      )}
      <Panel counters={live.counters} opensAt={personId}>
        {personId === undefined ? (
          <Stream
            live={live}
            store={store}
            directory={directory}
            search={search}
            onSearch={setSearch}
            onPerson={setPersonId}
          />
        ) : (
          <PersonPanel
            key={personId}
            personId={personId}
            names={directory.names}
            revision={live.entries.find((entry) => entry.personId === personId)?.key ?? ''}
            onBack={() => setPersonId(undefined)}
            onShow={() => showOnMap(personId)}
          />
        )}
      </Panel>
    </div>
  );
}
