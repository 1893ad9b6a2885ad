import { httpFunction } from '../shared/http.ts';
import { addPlayer, pairScreen, removePlayer } from './pairing.ts';
import { getPlayerCreative, getPlayerPlaylist } from './programme.ts';
import { getClock, getPlayerReaction, getScreenHealth, postPlayerHealth, postPlayerPlays } from './reports.ts';

/** Players of screens: paired with a code, and from then on known by what they sign. */
export const handler = httpFunction('players', {
  addPlayer,
  pairScreen,
  removePlayer,
  getPlayerPlaylist,
  getPlayerCreative,
  getClock,
  postPlayerPlays,
  postPlayerHealth,
  getPlayerReaction,
  getScreenHealth,
});
