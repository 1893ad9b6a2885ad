import { locatorContract } from './contract.ts';
import { openEmbedded } from './embedded.ts';

locatorContract('the embedded locator', () => openEmbedded(), { tellsExitOfMovedPlace: true });
// As a tenant of thousands of places has it.
locatorContract('the embedded locator with files', () => openEmbedded(0), { tellsExitOfMovedPlace: true });
