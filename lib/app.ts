import { App } from 'aws-cdk-lib';
import { addBeckon } from './beckon.ts';
import { bundleFunctions } from './bundle.ts';

const bundles = await bundleFunctions('dist/functions');
addBeckon(new App(), new Map([...bundles].map(([name, { dir }]) => [name, dir])));
