import { text } from 'node:stream/consumers';
import { masterKey, tagKeys } from '#core/tags/keys.ts';

const USAGE = `Usage: BECKON_TAG_SECRET=… npm run --silent tag-keys < uids > keys.csv

The keys to write on NTAG 424 DNA chips. In come UIDs (14 hexadecimal digits), one a line; out comes CSV: uid, the key
that reads whose tap it is (number 1 on the chip, the same on all), and the chip's own (number 2). Whoever has them can make taps.
`;

/** Keys leave by this command alone: whoever may read the secret may have them, and no API hands them out. */
async function main(): Promise<number> {
  const secret = process.env.BECKON_TAG_SECRET ?? '';
  const uids = (await text(process.stdin)).split(/\s+/).filter((uid) => uid !== '');
  const wrong = uids.find((uid) => !/^[0-9A-Fa-f]{14}$/.test(uid));
  if (secret.length < 32 || uids.length === 0 || wrong !== undefined) {
    process.stderr.write(wrong === undefined ? USAGE : `${wrong} is not the UID of a chip: 14 hexadecimal digits.\n`);
    return 1;
  }
  const master = masterKey(secret);
  const lines = uids.map((uid) => {
    const { metaKey, fileKey } = tagKeys(master, Buffer.from(uid, 'hex'));
    return [uid.toUpperCase(), metaKey.toString('hex'), fileKey.toString('hex')].join(',');
  });
  process.stdout.write(`uid,metaKey,fileKey\n${lines.join('\n')}\n`);
  return 0;
}

process.exitCode = await main();
