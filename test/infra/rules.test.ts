import { describe, expect, it } from 'vitest';
import { RULES } from './rules.ts';
import { synthesise } from './synthesis.ts';

const { resources } = synthesise();

describe.each(RULES)('$says', ({ offences, bad }) => {
  it('holds', () => {
    expect(offences(resources)).toEqual([]);
  });

  it('is seen to fail', () => {
    for (const template of [bad].flat()) expect(offences(template)).not.toEqual([]);
  });
});
