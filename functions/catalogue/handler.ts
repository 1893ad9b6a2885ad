import { httpFunction } from '../shared/http.ts';
import { processPlaceFiles } from '../shared/place-files.ts';
import { getBrand, putBrand } from './brand.ts';
import { getCampaign, launchCampaign, listCampaigns, pauseCampaign, putCampaign } from './campaigns.ts';
import { importSegments } from './import-segments.ts';
import { nearPlaces } from './near-places.ts';
import { deletePlace, getPlace, importPlaces, listPlaces, putPlace } from './places.ts';
import { getPlacesSync, syncAllPlaces } from './places-sync.ts';
import { previewSegment } from './preview.ts';
import { listScreens, putScreen } from './screens.ts';
import { getSegment, listSegments, putSegment } from './segments.ts';
import {
  deleteSensitivePlace,
  importSensitivePlaces,
  listSensitivePlaces,
  putSensitivePlace,
} from './sensitive-places.ts';
import { whySegment } from './why.ts';

/** What marketers and venue operators define: their brand's settings, places, screens, segments, campaigns. */
export const handler = httpFunction('catalogue', {
  getBrand,
  putBrand,
  putPlace,
  deletePlace,
  getPlace,
  listPlaces,
  importPlaces,
  nearPlaces: (request) => nearPlaces(request, processPlaceFiles()),
  getPlacesSync,
  syncAllPlaces,
  putSensitivePlace,
  importSensitivePlaces,
  listSensitivePlaces,
  deleteSensitivePlace,
  putScreen,
  listScreens,
  putSegment,
  getSegment,
  listSegments,
  importSegments,
  previewSegment,
  whySegment,
  putCampaign,
  getCampaign,
  listCampaigns,
  launchCampaign,
  pauseCampaign,
});
