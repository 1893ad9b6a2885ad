import { describe, expect, it } from 'vitest';
import { namedIn } from '#core/people/named-in.ts';

describe('a message names', () => {
  it('whom it is about by id or handle, and every profile of theirs', () => {
    const body = {
      brand: 'harbour',
      personId: 'mei',
      profiles: ['mei', 'meis-phone'],
      signal: { subject: { kind: 'phone', value: '+44 (0)20 7946 0958' } },
      deviceId: 'phone-1',
    };
    expect(namedIn(JSON.stringify(body)).map(({ brand, subject }) => ({ brand, ...subject }))).toEqual(
      expect.arrayContaining([
        { brand: 'harbour', personId: 'mei' },
        { brand: 'harbour', personId: 'meis-phone' },
        { brand: 'harbour', kind: 'phone', value: '+442079460958' },
        { brand: 'harbour', kind: 'device', value: 'phone-1' },
      ]),
    );
  });
});
