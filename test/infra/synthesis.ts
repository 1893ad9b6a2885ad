import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { App, type CfnElement, type Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import type { IConstruct } from 'constructs';
import { everyFunction } from '#functions/routes.ts';
import { addBeckon, type Beckon } from '#lib/beckon.ts';
import { scratch } from './scratch.ts';

/** A CloudFormation resource, as far as a test reads it. */
export type Resource = {
  Type: string;
  // biome-ignore lint/suspicious/noExplicitAny: a template is JSON of as many shapes as AWS has resources
  Properties: any;
  DeletionPolicy?: string;
};
export type Resources = Record<string, Resource>;

export type Synthesis = {
  beckon: Beckon;
  /** Of both stacks, by logical id. */
  resources: Resources;
  /** The logical ids that a property's value refers to, across stacks too. */
  refs: (value: unknown) => string[];
};

/** An app with the feature flags of cdk.json, as `cdk synth` makes it. */
export function emptyApp(context: Record<string, unknown> = {}): App {
  const cdkJson = JSON.parse(readFileSync('cdk.json', 'utf8')) as { context: Record<string, unknown> };
  return new App({
    outdir: scratch(),
    // Stack traces of findings are for people, and take longer than all the rest.
    context: { ...cdkJson.context, 'aws:cdk:disable-stack-trace': true, ...context },
  });
}

/** A stub for every function's code: what is inside a bundle is bundle.test.ts's concern. */
export function stubCode(): Map<string, string> {
  const dir = scratch();
  writeFileSync(path.join(dir, 'index.mjs'), 'export const handler = async () => ({});');
  return new Map(everyFunction.map(({ name }) => [name, dir]));
}

/** Synthesises both stacks; throws, as `cdk synth` would, on a cdk-nag finding. */
export function synthesise(context: Record<string, unknown> = {}): Synthesis {
  const app = emptyApp(context);
  const beckon = addBeckon(app, stubCode());
  const data = Template.fromStack(beckon.data).toJSON();
  const service = Template.fromStack(beckon.service).toJSON();
  const exports = new Map<string, unknown>();
  // biome-ignore lint/suspicious/noExplicitAny: as above
  for (const output of Object.values<any>(data.Outputs ?? {})) {
    if (output.Export) exports.set(output.Export.Name, output.Value);
  }
  return { beckon, resources: { ...data.Resources, ...service.Resources }, refs: (value) => refsOf(value, exports) };
}

/** The logical id of what lies at `path` within a stack, for example `Table-offers/Table/Resource`. */
export function logicalId(stack: Stack, path: string): string {
  const construct = path.split('/').reduce<IConstruct>((found, id) => found.node.findChild(id), stack);
  return stack.resolve(stack.getLogicalId(construct as CfnElement));
}

export function ofType(resources: Resources, type: string): [id: string, resource: Resource][] {
  return Object.entries(resources).filter(([, resource]) => resource.Type === type);
}

/** The logical ids anywhere inside a value: `Ref`, `Fn::GetAtt`, and what an imported export stands for. */
export function refsOf(value: unknown, exports: ReadonlyMap<string, unknown> = new Map()): string[] {
  if (Array.isArray(value)) return value.flatMap((item) => refsOf(item, exports));
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]: [string, unknown]) => {
    if (key === 'Ref') return [String(inner)];
    if (key === 'Fn::GetAtt' && Array.isArray(inner)) return [String(inner[0])];
    if (key === 'Fn::ImportValue') return refsOf(exports.get(String(inner)), exports);
    return refsOf(inner, exports);
  });
}
