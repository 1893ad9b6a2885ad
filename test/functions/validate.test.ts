import { expect, it } from 'vitest';
import { PlaceBodySchema } from '#core/model/place.ts';
import { check } from '#functions/shared/validate.ts';

it('what is missing is required, and what is of another type says which', () => {
  const place = { timeZone: 7, geometry: { type: 'Point', coordinates: [121.47, null] } };
  expect(check(PlaceBodySchema, place)).toEqual({
    ok: false,
    errors: [
      { pointer: '/name', detail: 'is required' },
      { pointer: '/timeZone', detail: 'Invalid input: expected string, received number' },
      { pointer: '/geometry/coordinates/1', detail: 'Invalid input: expected number, received null' },
    ],
  });
});
