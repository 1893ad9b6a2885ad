import { existsSync, readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';

const USAGE = `Usage: npm run --silent import -- --file F --format X [--mapping M] [--url U] [--token T] [--resume] …

  --file F       what to import, plain or gzip (.gz)
  --format X     ndjson, csv, pinpoint, shopify-customers, square-customers: people
                 purchases, shopify-orders, square-orders: what was bought
                 pinpoint-segments: segments
  --mapping M    JSON, or a file of it: which column is what (csv), what becomes of attributes (pinpoint)
  --places M     JSON, or a file of it: which place a location of the shop is (shopify-orders, square-orders)
  --region-by R  province or postcode: what the area of an online order is
  --country C    where phone numbers without a country are dialled: CN
  --consent S --consent-at T
                 on whose word, and by when, those who have not opted out agreed to marketing
  --url U        the API (http://127.0.0.1:8787)
  --token T      a marketer's token; or BECKON_TOKEN
  --rejects F    where lines go that were not taken, with the reason (F.rejects.ndjson)
  --resume       goes on where an import of the same file was interrupted
  --rows N       in one request (1000)

The same import again changes nothing. docs/imports.md tells more.
`;

const PEOPLE = ['ndjson', 'csv', 'pinpoint', 'shopify-customers', 'square-customers'];
const PURCHASES = new Map([
  ['purchases', 'ndjson'],
  ['shopify-orders', 'shopify-orders'],
  ['square-orders', 'square-orders'],
]);

export class UsageError extends Error {
  override name = 'UsageError';
}

export type Options = {
  file: string;
  format: string;
  /** Where to, with everything but the part itself. */
  target: string;
  token: string;
  rejects: string;
  checkpoint: string;
  resume: boolean;
  rows: number;
};

/** @throws UsageError */
export function readOptions(args: string[], env: NodeJS.ProcessEnv): Options {
  const values = parsed(args);
  const { file, format, url = 'http://127.0.0.1:8787', rows = '1000', token = env.BECKON_TOKEN ?? '' } = values;
  if (!file || !format) throw new UsageError(USAGE);
  if (!existsSync(file)) throw new UsageError(`${file}: no such file\n`);
  if (token === '') throw new UsageError('a token is needed: --token, or BECKON_TOKEN\n');
  if (!/^[1-9]\d{0,3}$/.test(rows)) throw new UsageError('--rows must be 1 to 9999\n');
  const query = new URLSearchParams();
  const kind = kindOf(format);
  if (format === 'csv' && !values.mapping) throw new UsageError(`csv needs a --mapping\n\n${USAGE}`);
  if (kind !== 'segments') query.set('format', PURCHASES.get(format) ?? format);
  const parameters = {
    mapping: values.mapping && jsonOf(values.mapping),
    places: values.places && jsonOf(values.places),
    regionBy: values['region-by'],
    country: values.country,
    consent: values.consent,
    consentAt: values['consent-at'],
  };
  for (const [name, value] of Object.entries(parameters)) if (value) query.set(name, value);
  return {
    file,
    format,
    target: `${url.replace(/\/+$/, '')}/v1/${kind}/import?${query}`,
    token,
    rejects: values.rejects ?? `${file}.rejects.ndjson`,
    checkpoint: `${values.rejects ?? file}.import.json`,
    resume: values.resume === true,
    rows: Number(rows),
  };
}

/** Where a format goes: the part of the path before `/import`. */
function kindOf(format: string): 'people' | 'purchases' | 'segments' {
  if (PEOPLE.includes(format)) return 'people';
  if (PURCHASES.has(format)) return 'purchases';
  if (format === 'pinpoint-segments') return 'segments';
  throw new UsageError(`there is no format ${format}\n\n${USAGE}`);
}

function parsed(args: string[]) {
  const text = { type: 'string' } as const;
  const names = ['file', 'format', 'mapping', 'places', 'region-by', 'country', 'consent', 'consent-at'] as const;
  try {
    return parseArgs({
      args,
      options: {
        ...(Object.fromEntries(names.map((name) => [name, text])) as Record<(typeof names)[number], typeof text>),
        url: text,
        token: text,
        rejects: text,
        rows: text,
        resume: { type: 'boolean' },
      },
    }).values;
  } catch (error) {
    throw new UsageError(`${error instanceof Error ? error.message : error}\n\n${USAGE}`);
  }
}

function jsonOf(textOrFile: string): string {
  if (textOrFile.trimStart().startsWith('{')) return textOrFile;
  if (!existsSync(textOrFile)) throw new UsageError(`${textOrFile}: no such file\n`);
  return readFileSync(textOrFile, 'utf8');
}
