import { Stack, Validations } from 'aws-cdk-lib';
import { Bucket } from 'aws-cdk-lib/aws-s3';
import { AwsSolutionsChecks } from 'cdk-nag';
import type { IConstruct } from 'constructs';
import { describe, expect, it } from 'vitest';
import { addBeckon, addStacks } from '#lib/beckon.ts';
import { ACKNOWLEDGEMENTS, findingOf } from '#lib/nag-acknowledgements.ts';
import { emptyApp, stubCode } from './synthesis.ts';

/** With a setting under which everything that is acknowledged has its finding. */
const CONTEXT = { smsOrigin: '+12065550100', locator: 'amazon' };
const app = emptyApp(CONTEXT);
const beckon = addBeckon(app, stubCode());
// Only then does one stack name another's resources as it will when it is deployed.
app.synth();
/** What cdk-nag says where nothing is acknowledged. */
const bare = emptyApp(CONTEXT);
addStacks(bare, stubCode());
bare.synth();
const unsilenced = new AwsSolutionsChecks(bare).validateScope(bare).violations;

describe('cdk-nag, AwsSolutions', () => {
  it('finds nothing that is not acknowledged', () => {
    expect(new AwsSolutionsChecks(app).validateScope(app).violations).toEqual([]);
  });

  it('is seen to fail: a bare bucket stops the synth', () => {
    const bad = emptyApp();
    new Bucket(new Stack(bad, 'Bad'), 'Bare');
    Validations.of(bad).addPlugins(new AwsSolutionsChecks(bad));
    expect(() => bad.synth()).toThrow(/AwsSolutions-S10/);
  });

  it('is silenced nowhere but in lib/nag-acknowledgements.ts', () => {
    const listed = ACKNOWLEDGEMENTS.flatMap((each) =>
      each.on(beckon).map(({ node }) => `${node.path} ${findingOf(each, beckon)}`),
    );
    expect(acknowledged(app).sort()).toEqual(listed.sort());
  });

  it.each(ACKNOWLEDGEMENTS)('$id is acknowledged with a reason, where there is a finding', (acknowledgement) => {
    const { on, reason } = acknowledgement;
    expect(reason.length).toBeGreaterThan(80);
    const finding = unsilenced.find(({ ruleName }) => ruleName === findingOf(acknowledgement, beckon));
    const found = finding?.violatingResources.map(({ constructPath }) => constructPath ?? '') ?? [];
    const places = on(beckon).map(({ node }) => node.path);
    expect(places).not.toEqual([]);
    for (const place of places) expect(found.some((path) => path.startsWith(`${place}/`))).toBe(true);
  });
});

const KEY = Validations.ACKNOWLEDGED_RULES_METADATA_KEY;

/** `path rule` of every acknowledgement in the tree. */
function acknowledged(root: IConstruct): string[] {
  return root.node
    .findAll()
    .flatMap(({ node }) =>
      node.metadata
        .filter(({ type }) => type === KEY)
        .flatMap(({ data }) => Object.keys(data).map((id) => `${node.path} ${id.replace(/^annotation::/i, '')}`)),
    );
}
