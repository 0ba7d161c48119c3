import { expect, test } from 'vitest';
import { LogCollector, type LogEntry } from '../../src/index.ts';
import { describeDevices, NAME, type DeviceStage } from './device-stage.ts';
import { leshan2, leshans } from './leshan.ts';

const PATHS = ['/20/0', '/10259/0'];
const LINES = '[00:00:01.000,000] <inf> app: started\n<11>Oct  1 22:14:15 host modem: no carrier\n';

function collect(stage: DeviceStage): { readonly collector: LogCollector; readonly entries: LogEntry[] } {
  const entries: LogEntry[] = [];
  const collector = new LogCollector(stage.server, { onEntries: (batch) => void entries.push(...batch) });
  return { collector, entries };
}

const found = (entries: readonly LogEntry[]): unknown[] =>
  entries.map((entry) => (entry.kind === 'text' ? [entry.path, entry.level, entry.message] : entry.bytes));

const hex = (text: string): string => Buffer.from(text).toString('hex');

for (const peer of leshans) {
  describeDevices(peer, 'logs', (stage) => {
    test('an Event Log is started with arguments, read in blocks, and stopped', async () => {
      const { collector, entries } = collect(stage);
      const [device] = await stage.registered({}, PATHS);
      await collector.start(NAME, '/20/0', { append: true, stopAfterSeconds: 60, logClass: 1 });
      expect(await device.event('executed')).toMatch(/^executed \/20\/0\/4011 0='1',1='60'$/);
      expect(JSON.parse(await device.run('state', '/20/0'))).toMatchObject({ 4010: 1 });
      await device.run('set', '/20/0/4013', '2');
      expect(await collector.status(NAME, '/20/0')).toMatchObject({ running: true, hasData: true });
      await device.run('set', '/20/0/4014', hex(LINES.repeat(50)));
      expect(await collector.read(NAME, '/20/0')).toBe(100);
      expect(found(entries).slice(98)).toEqual([
        ['/20/0/4014', 'info', 'started'],
        ['/20/0/4014', 'error', 'no carrier'],
      ]);
      await collector.stop(NAME, '/20/0');
      expect(await device.event('executed')).toContain('/20/0/4012');
    });

    test('a System Log is turned on with a level, and read', async () => {
      const { collector, entries } = collect(stage);
      const [device] = await stage.registered({}, PATHS);
      await collector.start(NAME, '/10259/0', { level: 'warning' });
      expect(JSON.parse(await device.run('state', '/10259/0'))).toMatchObject({ 3: true, 4: 5 });
      await device.run('set', '/10259/0/1', LINES);
      expect(await collector.status(NAME, '/10259/0')).toMatchObject({ running: true });
      expect(await collector.read(NAME, '/10259/0')).toBe(2);
      expect(found(entries)).toEqual([
        ['/10259/0/1', 'info', 'started'],
        ['/10259/0/1', 'error', 'no carrier'],
      ]);
    });
  });
}

describeDevices(leshan2, 'logs that it sends', (stage) => {
  test('are acknowledged when they are stored', async () => {
    let isFull = true;
    const entries: LogEntry[] = [];
    await stage.open({
      onSend: async (report) => {
        await collector.onSend(report);
      },
    });
    const collector = new LogCollector(stage.server, {
      onEntries: (batch) => {
        if (isFull) throw new Error('disk full');
        entries.push(...batch);
      },
    });
    const [device] = await stage.registered({}, PATHS);
    await device.run('set', '/20/0/4014', hex(LINES));
    expect(await device.run('send', '112', '/20/0/4014')).toContain('503');
    isFull = false;
    expect(await device.run('send', '112', '/20/0/4014')).toContain('204');
    expect(found(entries)).toHaveLength(2);
    expect(stage.errors.splice(0)).toHaveLength(1);
  });
});
