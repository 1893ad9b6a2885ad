import { readFileSync } from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { processRuntime } from '#functions/shared/process.ts';
import { setFunctionEnvironment } from './host/environment.ts';
import { reapplyErasures } from './reapply.ts';

const USAGE = `npm run erasures -- reapply --brand NAME [--local FOLDER]

After a restore: erases again whoever was erased and is back. Run it before anything reads what was restored.
On AWS it needs the environment of the function "people" (docs/runbook.md) and credentials that may scan the tables.
--local: a folder of npm start, whose host is running, such as .beckon.`;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { brand: { type: 'string' }, local: { type: 'string' } },
});
if (positionals[0] !== 'reapply' || !values.brand) {
  console.error(USAGE);
  process.exit(2);
}
if (values.local) {
  const workDir = path.resolve(values.local);
  const { url, endpoints } = JSON.parse(readFileSync(path.join(workDir, 'dev.json'), 'utf8'));
  process.env.AWS_REGION ??= 'eu-west-1';
  process.env.AWS_ACCESS_KEY_ID ??= 'local';
  process.env.AWS_SECRET_ACCESS_KEY ??= 'local';
  process.env.AWS_ENDPOINT_URL_DYNAMODB = endpoints.dynamodb;
  process.env.AWS_ENDPOINT_URL_SQS = endpoints.sqs;
  setFunctionEnvironment({ url, queues: endpoints.sqs, workDir });
}
console.log(JSON.stringify(await reapplyErasures(processRuntime, values.brand)));
process.exit(0);
