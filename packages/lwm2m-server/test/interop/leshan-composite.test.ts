import { expect, test } from 'vitest';
import { ContentFormat, contentFormatName, parsePath, type ResourceChange } from '@flownexus/lwm2m-core';
import { describeDevices, NAME } from './device-stage.ts';
import { TEST_VALUES, valuesOf } from './device-values.ts';
import { Heard } from './heard.ts';
import { leshan2 } from './leshan.ts';

describeDevices(leshan2, 'composite operations', (stage) => {
  const FORMATS = [ContentFormat.SENML_JSON, ContentFormat.SENML_CBOR].map(
    (format) => [contentFormatName(format), format] as const,
  );
  const changes: readonly ResourceChange[] = TEST_VALUES.map(({ type, single, value }) => ({
    path: parsePath(`/3442/0/${String(single)}`),
    type,
    value,
    time: undefined,
  }));

  test.each(FORMATS)('Write-Composite and Read-Composite in %s', async (_, contentFormat) => {
    await stage.registered();
    const device = stage.server.device(NAME);
    await device.writeComposite(changes, { contentFormat });
    const paths = [...changes.map(({ path }) => path), '/3/0/0', '/3303/0', '/3303/9'];
    const result = await device.readComposite(paths, { contentFormat, accept: contentFormat });
    expect(result.contentFormat).toBe(contentFormat);
    expect(valuesOf(result.records)).toMatchObject({
      ...Object.fromEntries(TEST_VALUES.map(({ single, value }) => [`/3442/0/${String(single)}`, value])),
      '/3/0/0': 'FlowNexus tests',
      '/3303/0/5700': 0,
    });
  });

  test('everything, by the root', async () => {
    await stage.registered();
    const { records } = await stage.server.device(NAME).readComposite(['/']);
    expect(valuesOf(records)).toMatchObject({ '/1/0/1': 300, '/3/0/0': 'FlowNexus tests', '/3303/1/5700': 0 });
  });

  test('a Write-Composite with one Resource that may not be written changes nothing', async () => {
    await stage.registered();
    const device = stage.server.device(NAME);
    const refused: ResourceChange = { path: parsePath('/3/0/0'), type: 'string', value: 'x', time: undefined };
    await expect(device.writeComposite([...changes, refused])).rejects.toMatchObject({ responseCode: '4.05' });
    expect(await stage.values('/3442/0/110')).toEqual({ '/3442/0/110': '' });
  });

  test.each(FORMATS)('Observe-Composite in %s', async (_, contentFormat) => {
    const [foreign] = await stage.registered();
    const heard = new Heard(stage.server);
    const observation = stage.server
      .device(NAME)
      .observeComposite(['/3303/0/5700', '/3303/1/5700', '/3442/0/110'], { contentFormat, accept: contentFormat });
    const { records } = await observation.established;
    expect(valuesOf(records)).toEqual({ '/3303/0/5700': 0, '/3303/1/5700': 0, '/3442/0/110': '' });
    await foreign.run('set', '/3303/1/5700', '5');
    await heard.count(2);
    await foreign.run('set', '/3442/0/110', 'text');
    await heard.count(3);
    expect(heard.all.map(({ composite, contentFormat: format }) => [composite, format])).toEqual(
      Array.from({ length: 3 }, () => [true, contentFormat]),
    );
    expect(heard.all.slice(1).map(({ records: values }) => valuesOf(values))).toEqual([
      { '/3303/0/5700': 0, '/3303/1/5700': 5, '/3442/0/110': '' },
      { '/3303/0/5700': 0, '/3303/1/5700': 5, '/3442/0/110': 'text' },
    ]);
    await observation.cancel();
    await foreign.run('set', '/3442/0/110', 'more');
    expect(await stage.values('/3442/0/110')).toEqual({ '/3442/0/110': 'more' });
    expect(heard.all).toHaveLength(3);
  });
});
