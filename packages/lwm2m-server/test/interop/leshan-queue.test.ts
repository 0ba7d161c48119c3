import { expect, test } from 'vitest';
import type { QueuedOperation } from '../../src/index.ts';
import { describeDevices, NAME } from './device-stage.ts';
import { leshans } from './leshan.ts';

for (const peer of leshans) {
  describeDevices(peer, 'queue mode', (stage) => {
    test('what is queued while the device sleeps is done in its order when it updates', async () => {
      await stage.open({ awakeTimeMs: 200 });
      const [device] = await stage.registered({ queue: 'true' });
      await stage.asleep();
      await device.run('sleep');
      const { operations } = stage.server;
      const queued: QueuedOperation[] = [
        await operations.add(NAME, { kind: 'write', path: '/3442/0/110', mode: 'replace', node: text(110, 'first') }),
        await operations.add(NAME, { kind: 'write', path: '/3442/0/110', mode: 'replace', node: text(110, 'second') }),
        await operations.add(NAME, { kind: 'execute', path: '/3442/0/0', arguments: [] }),
        await operations.add(NAME, { kind: 'read', path: '/3442/0/110' }),
      ];
      expect(queued.map(({ state }) => state)).toEqual(['QUEUED', 'QUEUED', 'QUEUED', 'QUEUED']);
      await device.run('wake');
      await device.run('update');
      const finished = await device.soon(
        'the operations',
        Promise.all(queued.map(({ id }) => operations.finished(id))),
      );
      expect(finished.map(({ state, attempts, failure }) => [state, attempts, failure])).toEqual(
        queued.map(() => ['CONFIRMED', 1, undefined]),
      );
      expect(await device.event('executed')).toContain('/3442/0/0');
      expect(JSON.parse(await device.run('state', '/3442/0'))).toMatchObject({ 110: 'second' });
      expect(finished[3]?.result).toMatchObject({ records: [{ value: 'second' }] });
    });

    test('a caller waits until the device wakes', async () => {
      await stage.open({ awakeTimeMs: 200 });
      const [device] = await stage.registered({ queue: 'true' });
      await stage.asleep();
      await expect(stage.server.device(NAME).read('/3/0/0', { whenAsleep: 'fail' })).rejects.toMatchObject({
        code: 'ERR_LWM2M_SERVER_ASLEEP',
      });
      await device.run('sleep');
      const value = stage.values('/3/0/0');
      await device.run('wake');
      await device.run('update');
      expect(await device.soon('the value', value)).toEqual({ '/3/0/0': 'FlowNexus tests' });
    });

    test('what is queued for a device that has not registered yet is done when it does', async () => {
      const node = text(110, 'before');
      const { id } = await stage.server.operations.add(NAME, {
        kind: 'write',
        path: '/3442/0/110',
        mode: 'replace',
        node,
      });
      const [device] = await stage.registered();
      expect(await device.soon('the operation', stage.server.operations.finished(id))).toMatchObject({
        state: 'CONFIRMED',
      });
      expect(JSON.parse(await device.run('state', '/3442/0'))).toMatchObject({ 110: 'before' });
    });

    test('what the device refuses fails with its answer', async () => {
      await stage.registered();
      const { operations } = stage.server;
      const { id } = await operations.add(NAME, { kind: 'execute', path: '/3/0/4', arguments: [] }, { maxAttempts: 1 });
      const { state, failure } = await operations.finished(id);
      expect(state).toBe('FAILED');
      expect(failure).toMatchObject({ reason: 'rejected', responseCode: '5.00' });
      expect(failure?.message).toContain('not implemented');
    });
  });
}

function text(id: number, value: string): { kind: 'singleResource'; id: number; type: 'string'; value: string } {
  return { kind: 'singleResource', id, type: 'string', value };
}
