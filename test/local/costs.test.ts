import { expect, test } from 'vitest';
import { createMeter } from '#bench/costs/meter.ts';
import { PRICES } from '#bench/prices.ts';

test('a bill is what was counted, at its price', async () => {
  const meter = createMeter();
  meter.apiRequest();
  meter.count('dynamoWrite', 3);
  // FIFO and fair queues cost the same; 64 KB are one request, a byte more are two.
  meter.queueCall('positions', 65_536);
  meter.queueCall('positions', 65_537);
  meter.queueCall('signals', 0);
  for (let i = 0; i < 4; i += 1) await meter.invoke('locate', async () => {});
  const { lines, functions } = meter.bill();
  const units = Object.fromEntries(lines.map((line) => [line.name, line.units]));
  expect(units).toMatchObject({ apiRequest: 1, dynamoWrite: 3, sqsFifo: 3, sqsFair: 1, lambdaRequest: 4 });
  // Next to nothing is done, and a Lambda bills whole milliseconds.
  expect(functions).toEqual([
    { name: 'locate', invocations: 4, memoryMb: 1024, billedMs: expect.any(Number), gbSeconds: expect.any(Number) },
  ]);
  expect(functions[0]?.gbSeconds).toBeCloseTo((4 * (functions[0]?.billedMs ?? 0)) / 1000, 9);
  for (const { name, units: counted, usd } of lines) expect(usd).toBeCloseTo(counted * PRICES[name].usd, 15);
  meter.reset();
  expect(meter.bill()).toEqual({ lines: [], functions: [] });
});

test('every price says of whom it is, and which nobody could confirm', () => {
  for (const [name, price] of Object.entries(PRICES)) {
    expect(price.source, name).toMatch(/^https:\/\/aws\.amazon\.com\//);
    expect(price.checked, name).toMatch(/^20\d\d-\d\d-\d\d/);
    expect(price.usd, name).toBeLessThan(1);
  }
  const unconfirmed = Object.entries(PRICES).flatMap(([name, price]) => ('unconfirmed' in price ? [name] : []));
  expect(unconfirmed).toEqual(['positionWritten', 'positionEvaluated']);
});
