import { Code, encodeUint, formatCode, OptionNumber } from '@flownexus/coap';
import { describe, expect, test } from 'vitest';
import { bytes, collecting, senml } from './log-stage.ts';

const IN_JSON = { contentFormat: 110 };

describe('a Send', () => {
  test('of increments and of other values: what is a log is handed on', async () => {
    const { device, entries } = await collecting();
    device.report(senml({ '/20/0/4016': bytes('INFO a\nWARN b'), '/3/0/0': 'ERROR no log' }), IN_JSON);
    expect(formatCode((await device.one()).code)).toBe('2.04');
    expect(entries).toEqual(['send /20/0/4016 info a', 'send /20/0/4016 warning b']);
  });

  test('is acknowledged when the handler is done, and refused when it fails', async () => {
    let release: (() => void) | undefined;
    let failing = false;
    const { device, stage } = await collecting({
      onEntries: () => {
        if (failing) return Promise.reject(new Error('disk full'));
        return new Promise<void>((resolve) => (release = resolve));
      },
    });
    device.report(senml({ '/20/0/4016': bytes('a') }), IN_JSON);
    expect(await device.received()).toEqual([]);
    release?.();
    expect(formatCode((await device.one()).code)).toBe('2.04');
    failing = true;
    device.report(senml({ '/20/0/4016': bytes('b') }), IN_JSON);
    expect(formatCode((await device.one()).code)).toBe('5.03');
    expect(stage.log).toContain('error: onSend failed for dev: Error: disk full');
  });

  test('is understood by the LogDataFormat that the device told before', async () => {
    const { device, entries } = await collecting({ formats: { 100: () => ['decoded'] } });
    const data = { '/20/0/4016': bytes('x'), '/20/1/4016': bytes('y') };
    device.report(senml({ '/20/0/4015': 100 }), IN_JSON);
    await device.ignore();
    device.report(senml(data), IN_JSON);
    await device.ignore();
    device.report(senml({ '/20/0/4015': 0 }), IN_JSON);
    await device.ignore();
    device.report(senml(data), IN_JSON);
    await device.ignore();
    expect(entries).toEqual([
      'send /20/0/4016 - decoded',
      'send /20/1/4016 - y',
      'send /20/0/4016 - x',
      'send /20/1/4016 - y',
    ]);
  });

  test('of a decoder that throws the bytes come as they are, and it is reported', async () => {
    const { device, entries, stage } = await collecting({
      resources: [
        {
          path: '/3353/0/6031',
          format: () => {
            throw new Error('no frame');
          },
        },
      ],
    });
    device.report(senml({ '/3353/0/6031': bytes('ab') }), IN_JSON);
    expect(formatCode((await device.one()).code)).toBe('2.04');
    expect(entries).toEqual(['send /3353/0/6031 6162']);
    expect(stage.log).toContain('error: the log /3353/0/6031 of dev could not be decoded: Error: no frame');
  });

  test('of a device behind a gateway keeps its prefix', async () => {
    const { device, entries } = await collecting();
    device.report(senml({ '/d01/20/0/4016': bytes('a') }), IN_JSON);
    await device.ignore();
    expect(entries).toEqual(['send /d01/20/0/4016 - a']);
  });

  test('without a log calls nobody', async () => {
    const { device, entries } = await collecting();
    device.report(senml({ '/3/0/0': 'x', '/20/0/4013': 1 }), IN_JSON);
    expect(formatCode((await device.one()).code)).toBe('2.04');
    expect(entries).toEqual([]);
  });
});

test('a notification of a log is acknowledged when the handler is done', async () => {
  let release: (() => void) | undefined;
  const { device, stage } = await collecting(
    { onEntries: () => new Promise<void>((resolve) => (release = resolve)) },
    { observe: [{ path: '/20/0/4014' }] },
  );
  const observe = await device.one();
  device.answer(observe, Code.CONTENT, {
    contentFormat: 42,
    payload: 'first',
    options: [{ number: OptionNumber.OBSERVE, value: encodeUint(1) }],
  });
  await stage.settle();
  release?.();
  await device.ignore();
  device.notify(observe.token, 2, 'second', { contentFormat: 42 });
  expect(await device.received()).toEqual([]);
  release?.();
  expect(formatCode((await device.one()).code)).toBe('0.00');
});
