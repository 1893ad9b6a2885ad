import { locatorContract } from './contract.ts';
import { openEmbedded } from './embedded.ts';

locatorContract('the embedded locator', openEmbedded, { tellsExitOfMovedPlace: true });
