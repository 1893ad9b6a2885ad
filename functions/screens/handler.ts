import { httpFunction } from '../shared/http.ts';
import { getCreative, listCreatives, putCreative } from './creatives.ts';
import { importPlays } from './import-plays.ts';
import { getPlaying } from './playing.ts';
import { getPlaylist, listPlaylists, putPlaylist } from './playlists.ts';
import { postPlays } from './plays.ts';

/** What screens show, what they say that they have shown, and what was on air at a moment. */
export const handler = httpFunction('screens', {
  putCreative,
  getCreative,
  listCreatives,
  putPlaylist,
  getPlaylist,
  listPlaylists,
  postPlays,
  importPlays,
  getPlaying,
});
