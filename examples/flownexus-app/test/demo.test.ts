import { pino } from 'pino';
import { expect, onTestFinished, test, vi } from 'vitest';
import { startDemo } from '../src/demo.ts';
import { testLwm2m } from './support/test-lwm2m.ts';

test('simulated devices that are refused say so in the log', async () => {
  const { addresses } = await testLwm2m({ settings: { admission: 'refuse' } });
  const lines: { readonly endpoint: string; readonly msg: string }[] = [];
  const log = pino({ level: 'warn' }, { write: (line: string) => lines.push(JSON.parse(line) as (typeof lines)[number]) }); // prettier-ignore
  const { host, port } = addresses.lwm2m.coap;
  const simulated = await startDemo(host, port, log);
  onTestFinished(() => simulated.stop());
  await vi.waitFor(() => expect(lines).toHaveLength(3), { timeout: 10_000 });
  expect(lines.map(({ endpoint }) => endpoint).sort()).toEqual(['demo-device-1', 'demo-device-2', 'demo-device-3']);
  expect(lines[0]).toMatchObject({ level: 40, reason: expect.stringContaining('4.03') as string });
  expect(lines[0]?.msg).toMatch(/^a simulated device was refused/);
});
