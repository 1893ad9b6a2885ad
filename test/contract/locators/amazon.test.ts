import { openAmazon } from './amazon.ts';
import { locatorContract } from './contract.ts';

locatorContract('Amazon Location', () => openAmazon(), { tellsExitOfMovedPlace: false });
