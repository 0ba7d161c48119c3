import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { tellDefinitions } from '../../../../packages/lwm2m-server/test/interop/definitions.ts';
import { DeviceProgram, type ForeignDevice } from '../../../../packages/lwm2m-server/test/interop/device-program.ts';
import { leshan2 } from '../../../../packages/lwm2m-server/test/interop/leshan.ts';
import { BootstrapHost } from './bootstrap-host.ts';
import { LeshanHost, registry } from './leshan-host.ts';
import { SuiteClient } from './suite-client.ts';

const KEY = 'abcdefghijklmnop';
const EP = 'leshan';
const CONTENT = { status: 'CONTENT(205)', valid: true, success: true, failure: false };
const CHANGED = { status: 'CHANGED(204)', valid: true, success: true, failure: false };
/** A virtual machine has to start, and the machine may be busy. */
const PATIENCE = { timeout: 120_000 };

const missing = leshan2.missing();
const suffix = missing === undefined ? '' : ` (skipped: ${missing})`;

describe.skipIf(missing !== undefined)(`the client of ${leshan2.name}${suffix}`, PATIENCE, () => {
  let program: DeviceProgram;
  beforeAll(async () => {
    program = await DeviceProgram.start(leshan2.command);
  }, PATIENCE.timeout);
  afterAll(() => program.stop(), PATIENCE.timeout);

  async function started(host: LeshanHost, settings: Record<string, string>): Promise<ForeignDevice> {
    const device = await program.device({ endpoint: EP, lifetime: '300', ...settings });
    await tellDefinitions(device, registry, [3442, 3303, 16], leshan2.lacksTypes);
    const registered = new Promise<void>((resolve) => {
      host.server.once('registered', () => resolve());
    });
    await device.run('start', '/3442/0', '/3303/0', '/16/0');
    await device.soon('it to register', registered);
    await device.event('registered');
    return device;
  }

  test('bootstraps and registers over DTLS, and does what the calls of the suite ask for', async () => {
    const host = await LeshanHost.start();
    const bootstrapHost = await BootstrapHost.start();
    const leshan = new SuiteClient(host.url);
    const bootstrap = new SuiteClient(bootstrapHost.url);
    await bootstrap.createPsk(EP, KEY);
    await leshan.createPsk(EP, KEY);
    // A client of Leshan fails where its account has no key of the server, be it an empty one.
    const uri = `coaps://127.0.0.1:${String(host.coapsPort)}`;
    await bootstrap.createBootstrapAccount(EP, uri, KEY, { serverPublicKey: [] });
    const sessions = await bootstrap.events(EP);
    const device = await started(host, {
      bootstrap: 'yes',
      uri: `coaps://127.0.0.1:${String(bootstrapHost.address('coaps').port)}`,
      identity: EP,
      psk: Buffer.from(KEY).toString('hex'),
    });
    expect(await sessions.next('BSSESSION')).toMatchObject({ name: 'new session', endpoint: EP });
    expect(await leshan.registration(EP)).toMatchObject({ endpoint: EP, secure: true, lifetime: 86_400 });

    expect(await leshan.read(EP, '3/0/0')).toMatchObject({ ...CONTENT, content: { type: 'STRING' } });
    expect(await leshan.readWithoutFormat(EP, '1/0/1')).toMatchObject({ content: { type: 'INTEGER', value: '86400' } });
    expect(await leshan.write(EP, '3442/0/110', ['text', 'string'])).toEqual(CHANGED);
    expect(await leshan.write(EP, '3442/0/130', ['0.5', 'string'])).toEqual(CHANGED);
    expect(await leshan.write(EP, '3442/0/140', [true, 'boolean'])).toEqual(CHANGED);
    expect(await leshan.write(EP, '3442/0/150', ['ab'.repeat(3_000), 'opaque'])).toEqual(CHANGED);
    expect(await leshan.write(EP, '3442/0/160', [1_700_000_000_000, 'time'])).toEqual(CHANGED);
    for (const format of ['TLV', 'SENML_CBOR', 'SENML_JSON', 'JSON']) {
      leshan.format = format;
      expect(await leshan.read(EP, '3442/0/130')).toMatchObject({ content: { type: 'FLOAT', value: 0.5 } });
      expect(await leshan.read(EP, '3442/0/150')).toMatchObject({ content: { value: 'ab'.repeat(3_000) } });
    }
    expect(await leshan.execute(EP, '3442/0/0')).toEqual(CHANGED);
    expect(await device.event('executed')).toBe('executed /3442/0/0 ');
    expect(await leshan.attributes(EP, '3303/0/5700', 'pmin=0&gt=30.5')).toEqual(CHANGED);
    expect(await leshan.discover(EP, '3303/0/5700')).toMatchObject({
      objectLinks: [{ url: '/3303/0/5700', attributes: { pmin: '0', gt: '30.5' } }],
    });
    expect(await leshan.attributes(EP, '3303/0/5700', 'gt')).toEqual(CHANGED);

    leshan.format = 'SENML_CBOR';
    expect(await leshan.compositeRead(EP, ['3442/0/110', '3303/0/5700'])).toMatchObject({
      ...CONTENT,
      content: { '/3442/0/110': { value: 'text' }, '/3303/0/5700': { type: 'FLOAT' } },
    });
    const node = { id: 110, kind: 'singleResource', value: 'by composite', type: 'string' };
    expect(await leshan.compositeWrite(EP, { '/3442/0/110': node })).toEqual(CHANGED);

    const events = await leshan.events(EP);
    expect(await leshan.observe(EP, '3303/0/5700')).toMatchObject(CONTENT);
    await device.run('set', '/3303/0/5700', '31.5');
    expect(await events.next('NOTIFICATION')).toMatchObject({ res: '/3303/0/5700', val: { value: 31.5 } });
    expect(await leshan.cancel(EP, '3303/0/5700')).toMatchObject({ ...CONTENT, content: { value: 31.5 } });
    await leshan.observe(EP, '3303/0/5700');
    await leshan.passiveCancel(EP, '3303/0/5700');
    const resets = host.server.statistics.coap.resetsSent;
    await device.run('set', '/3303/0/5700', '32');
    await expect.poll(() => host.server.statistics.coap.resetsSent).toBe(resets + 1);
    expect(await leshan.compositeObserve(EP, ['3442/0/110', '3303/0/5700'])).toMatchObject({
      content: { '/3442/0/110': { value: 'by composite' }, '/3303/0/5700': { value: 32 } },
    });
    await device.run('set', '/3303/0/5700', '33');
    expect(await events.next('NOTIFICATION')).toMatchObject({
      kind: 'composite',
      val: { '/3303/0/5700': { value: 33 } },
      paths: ['/3442/0/110', '/3303/0/5700'],
    });
    expect(await leshan.cancelComposite(EP, ['3442/0/110', '3303/0/5700'])).toMatchObject({ status: 'CONTENT(205)' });

    await device.run('send', '112', '/3303/0/5700', '/3442/0/110');
    expect(await events.next('SEND')).toMatchObject({
      ep: EP,
      val: { '/3303/0/5700': { value: 33 }, '/3442/0/110': { value: 'by composite' } },
    });
    await device.run('destroy');
    expect(host.errors).toEqual([]);
  });

  test('in queue mode gets what is asked when it wakes', async () => {
    const host = await LeshanHost.start({}, { awakeTimeMs: 200 });
    const leshan = new SuiteClient(host.url);
    const device = await started(host, { uri: `coap://127.0.0.1:${String(host.coapPort)}`, queue: 'true' });
    const events = await leshan.events(EP);
    await expect.poll(() => leshan.registration(EP)).toMatchObject({ queuemode: true, sleeping: true });
    await device.run('sleep');
    leshan.timeout = 60;
    const read = leshan.read(EP, '3/0/0');
    await device.run('wake');
    await device.run('update');
    expect(await read).toMatchObject(CONTENT);
    expect(await events.next('AWAKE')).toEqual({ ep: EP });
    await device.run('destroy');
  });
});
