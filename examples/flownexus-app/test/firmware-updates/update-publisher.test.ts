import { expect, test } from 'vitest';
import { resultOf, stateOf } from '../../src/firmware-updates/flownexus-state.ts';
import { UpdatePublisher } from '../../src/firmware-updates/update-publisher.ts';
import { firmwareUpdate } from './firmware-update.ts';

test('progress is told once in a while, and each change of the phase at once', () => {
  const told: unknown[] = [];
  const stream = {
    wanted: true,
    publish: (_name: string, _endpoint: string | undefined, data: () => unknown): void => {
      const { phase, transferred } = data() as { phase: string; transferred: number };
      told.push([phase, transferred]);
    },
  };
  const unexpected = (error: unknown): never => {
    throw error;
  };
  const campaigns = { get: () => Promise.reject(new Error('it is in no campaign')) };
  const publisher = new UpdatePublisher({ stream, campaigns, report: unexpected, progressMs: 60_000 });
  const at = (transferred: number) =>
    firmwareUpdate('a', { state: 'DELIVERING', delivery: 'push', progress: { transferred, total: 1_000 } });
  publisher.updateChanged(at(0), firmwareUpdate('a', { state: 'OBSERVING' }));
  publisher.updateChanged(at(10), at(0));
  publisher.updateChanged(at(20), at(10));
  publisher.updateChanged({ ...at(1_000), state: 'DOWNLOADING' }, at(20));
  expect(told).toEqual([
    ['DELIVERING', 0],
    ['DELIVERING', 10],
    ['DOWNLOADING', 1_000],
  ]);
});

test("the states and results have FlowNexus' own names", () => {
  const named = (changes: Parameters<typeof firmwareUpdate>[1]): string[] => {
    const update = firmwareUpdate('a', changes);
    return [stateOf(update), resultOf(update)];
  };
  const failure = { message: '', result: undefined, responseCode: undefined };
  expect(named({ state: 'DELIVERING', delivery: 'push' })).toEqual(['DOWNLOADING', 'DEFAULT']);
  expect(named({ state: 'DELIVERING', delivery: 'pull' })).toEqual(['IDLE', 'DEFAULT']);
  expect(named({ state: 'RETRYING', resumeAt: 'CHECKING' })).toEqual(['DOWNLOADED', 'DEFAULT']);
  expect(named({ state: 'RETRYING', failure: { ...failure, reason: 'connection-lost' } })).toEqual(['IDLE', 'DEFAULT']);
  expect(named({ state: 'FAILED', failure: { ...failure, reason: 'connection-lost' } })).toEqual(['IDLE', 'CONNECTION_LOST']); // prettier-ignore
  expect(named({ state: 'FAILED', failure: { ...failure, reason: 'no-contact' } })).toEqual(['IDLE', 'UPDATE_FAILED']);
  expect(named({ state: 'CANCELLED' })).toEqual(['IDLE', 'UPDATE_FAILED']);
});
