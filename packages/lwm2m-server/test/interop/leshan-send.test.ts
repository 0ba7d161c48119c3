import { expect, test } from 'vitest';
import { ContentFormat, contentFormatName, formatPath } from '@flownexus/lwm2m-core';
import type { SendReport } from '../../src/index.ts';
import { describeDevices, NAME } from './device-stage.ts';
import { valuesOf } from './device-values.ts';
import { leshan2 } from './leshan.ts';

const FORMATS = [ContentFormat.SENML_JSON, ContentFormat.SENML_CBOR].map(
  (format) => [contentFormatName(format), format] as const,
);

describeDevices(leshan2, 'Send', (stage) => {
  const next = (): Promise<SendReport> =>
    new Promise((resolve) => {
      stage.server.once('send', resolve);
    });

  test.each(FORMATS)('values in %s', async (_, format) => {
    const [device] = await stage.registered();
    await device.run('set', '/3303/1/5700', '-3.25');
    const sent = next();
    expect(await device.run('send', String(format), '/3303/1/5700', '/3303/0/5700', '/3442/0/110')).toContain('204');
    const report = await sent;
    expect(report).toMatchObject({ contentFormat: format, registration: { endpointName: NAME } });
    expect(valuesOf(report.records)).toEqual({ '/3303/1/5700': -3.25, '/3303/0/5700': 0, '/3442/0/110': '' });
  });

  test.each(FORMATS)('values with their times in %s', async (_, format) => {
    const [device] = await stage.registered();
    const before = Date.now() / 1000;
    for (const value of ['1', '2', '3']) {
      await device.run('set', '/3303/0/5700', value);
      await device.run('collect', '/3303/0/5700', '/3303/1/5700');
    }
    const sent = next();
    await device.run('flush', String(format));
    const { records } = await device.soon('values', sent);
    const ofSensor = records.filter(({ path }) => formatPath(path) === '/3303/0/5700');
    expect(ofSensor.map(({ value }) => value).sort()).toEqual([1, 2, 3]);
    for (const { time } of records) expect(Math.abs((time ?? 0) - before)).toBeLessThan(60);
  });

  test('what the application can not take is refused, and taken when the device sends it again', async () => {
    const taken: SendReport[] = [];
    let isBroken = true;
    await stage.open({
      onSend(report) {
        if (isBroken) throw new Error('not now');
        taken.push(report);
      },
    });
    const [device] = await stage.registered();
    expect(await device.run('send', '112', '/3303/0/5700')).toContain('503');
    isBroken = false;
    expect(await device.run('send', '112', '/3303/0/5700')).toContain('204');
    expect(taken).toHaveLength(1);
    expect(stage.errors.splice(0)).toHaveLength(1);
  });
});
