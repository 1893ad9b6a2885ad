import { readFileSync } from 'node:fs';
import { registerHooks } from 'node:module';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { PLANTS, type Plant } from './plant-list.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

export function plantNamed(name: string): Plant {
  const plant = PLANTS.find((candidate) => candidate.name === name);
  if (!plant) throw new Error(`there is no plant ${name}; --plant list names them`);
  return plant;
}

/**
 * Puts a bug into the source text as it is loaded: before any of it is imported, in this thread only. Throws when the
 * text that it replaces is not there exactly once.
 */
export function plantBug(plant: Plant): void {
  const planted = plantedSources(plant);
  registerHooks({
    load(url, context, nextLoad) {
      const loaded = nextLoad(url, context);
      const source = planted.get(url);
      return source === undefined ? loaded : { ...loaded, source };
    },
  });
}

/** The source texts by URL, bug and all. Throws on a plant that no longer grows, for it would prove nothing. */
export function plantedSources({ name, edits }: Plant): Map<string, string> {
  const planted = new Map<string, string>();
  for (const { file, find, replace } of edits) {
    const url = pathToFileURL(path.join(ROOT, file)).href;
    const source = planted.get(url) ?? readFileSync(path.join(ROOT, file), 'utf8');
    const count = source.split(find).length - 1;
    if (count !== 1) throw new Error(`the plant ${name} wants its text once in ${file}, and finds it ${count} times`);
    planted.set(
      url,
      source.replace(find, () => replace),
    );
  }
  return planted;
}
