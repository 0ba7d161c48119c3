import { randomBytes } from 'node:crypto';
import { expect, onTestFinished, test } from 'vitest';
import { Device } from '../processes/device.ts';
import { ServerProcess, type Said } from '../processes/server-process.ts';
import { sqliteFile } from '../sqlite/sqlite-file.ts';

const isNotification =
  (value: number) =>
  (said: Said): boolean =>
    said.event === 'notification' && said['value'] === value;
const isOperation = (said: Said, state: string): boolean => said.event === 'operation' && said['state'] === state;

test.each(['is killed', 'is stopped'] as const)(
  'a server that %s mid-conversation and started again loses nothing: UDP, DTLS, SQLite',
  async (how) => {
    const file = sqliteFile();
    const key = randomBytes(16);
    const before = await ServerProcess.start(file, 0, key);
    const device = new Device('device-1', key);
    onTestFinished(() => device.close());
    await device.connect(before.port);
    expect(await device.register('lwm2m=1.1&ep=dev&lt=86400')).toBe('2.01');
    const { registrationId } = await before.heard((said) => said.event === 'registered');
    await before.heard((said) => said.event === 'notification' && said['initial'] === true);
    await before.heard(isNotification(await device.notify()));

    // One operation is under way and one waits when the process ends.
    before.command('read /3/0/0');
    const { id } = await before.heard((said) => isOperation(said, 'SENDING'));
    before.command('read /3/0/1');
    await before.heard((said) => isOperation(said, 'QUEUED') && said['id'] !== id);
    await device.asked(1);
    if (how === 'is killed') await before.kill();
    else expect(await before.stop()).toMatchObject({ handshakes: 1 });
    device.forget();

    // What the device says meanwhile is sent again until somebody acknowledges it.
    const notified = device.notify();
    const after = await ServerProcess.start(file, before.port, key);
    expect(after.registrations).toEqual([registrationId]);
    await after.heard(isNotification(await notified));
    await device.asked(1);
    expect(device.answer()).toBe('3/0/0');
    await device.asked(1);
    expect(device.answer()).toBe('3/0/1');
    await after.heard((said) => isOperation(said, 'CONFIRMED') && said['attempts'] === 1);
    await after.heard((said) => isOperation(said, 'CONFIRMED') && said['attempts'] === 2);
    expect(await device.update()).toBe('2.04');
    expect(await after.heard((said) => said.event === 'updated')).toMatchObject({ registrationId });
    expect(await after.stop()).toMatchObject({ handshakes: 0 });
    expect(after.said.filter(({ event }) => event === 'error' || event === 'registered')).toEqual([]);
  },
  120_000,
);
