import { describe, expect, it } from 'vitest';
import { functionsOf } from '#functions/routes.ts';
import { logicalId, ofType, synthesise } from './synthesis.ts';

const HOUR = 3600;
const DAY = 24 * HOUR;
const { resources, refs, beckon } = synthesise({ locator: 'amazon' });
const functions = functionsOf('amazon');
const retentionOf = (path: string): number =>
  resources[logicalId(beckon.service, path)]?.Properties.MessageRetentionPeriod;

describe('a precise position lives at most 24 hours', () => {
  it('waiting to be located, and then among the dead letters, where a FIFO message’s clock starts anew', () => {
    const kept = [retentionOf('Queue-positions/Queue/Resource'), retentionOf('Queue-positions/DeadLetters/Resource')];
    expect(kept).toEqual([6 * HOUR, 18 * HOUR]);
  });

  it('in an event of Amazon Location: with EventBridge, with Lambda, and then among the dead letters', () => {
    const failures = logicalId(beckon.service, 'Event-ingest-geo/Failures/Resource');
    const targets = ofType(resources, 'AWS::Events::Rule').flatMap(([, { Properties }]) =>
      Properties.EventPattern ? Properties.Targets : [],
    );
    const invocations = ofType(resources, 'AWS::Lambda::EventInvokeConfig').flatMap(([, { Properties }]) =>
      Properties.DestinationConfig ? [Properties] : [],
    );
    const waits = [...targets.map(({ RetryPolicy }) => RetryPolicy), ...invocations];
    expect(targets.map(({ DeadLetterConfig }) => refs(DeadLetterConfig))).toEqual([[failures]]);
    expect(invocations.map(({ DestinationConfig }) => refs(DestinationConfig))).toEqual([[failures]]);
    expect(waits.map(({ MaximumEventAgeInSeconds }) => MaximumEventAgeInSeconds)).toEqual([4 * HOUR, 4 * HOUR]);
    expect(retentionOf('Event-ingest-geo/Failures/Resource')).toBe(DAY - 8 * HOUR);
  });

  it('in the presence table, of which there is no second copy', () => {
    const { Properties } = resources[logicalId(beckon.data, 'Table-presence/Table/Resource')] ?? {};
    expect(Properties.Replicas[0].PointInTimeRecoverySpecification).toEqual({ PointInTimeRecoveryEnabled: false });
    expect(Properties.StreamSpecification).toBeUndefined();
    expect(Properties.TimeToLiveSpecification).toEqual({ AttributeName: 'ttl', Enabled: true });
  });
});

describe('all other work waits four days, and two weeks for a person to look', () => {
  const queues = functions.flatMap(({ queue }) => (queue && queue.queue !== 'positions' ? [queue.queue] : []));

  it.each(queues)('%s', (name) => {
    expect(retentionOf(`Queue-${name}/Queue/Resource`)).toBe(4 * DAY);
    expect(retentionOf(`Queue-${name}/DeadLetters/Resource`)).toBe(14 * DAY);
  });

  it('what the stream could not pass on', () => {
    expect(retentionOf('Stream-relay/Failures/Resource')).toBe(14 * DAY);
  });
});
