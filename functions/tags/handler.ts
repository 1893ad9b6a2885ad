import { httpFunction } from '../shared/http.ts';
import { importTags } from './import-tags.ts';
import { getTag, listTags, putTag } from './tags.ts';

/** Rings, stickers, printed codes and garment tags: what is tapped and scanned. */
export const handler = httpFunction('tags', { putTag, getTag, listTags, importTags });
