import { expect, test } from 'vitest';
import { loadCredential } from '@flownexus/dtls';
import { testCertificate, type TestCertificate } from '@flownexus/dtls/testing';
import { coaps, MemoryCredentialStore, type CoapsServerEndpoint, type DeviceCredential } from '../../src/index.ts';
import { UdpProxy } from '../../../dtls/test/interop/support/udp-proxy.ts';
import { describeDevices, NAME, type DeviceStage } from './device-stage.ts';
import { Heard } from './heard.ts';
import { leshan2, leshans } from './leshan.ts';

const KEY = new TextEncoder().encode('sixteen byte key');
const PSK: DeviceCredential = { mode: 'psk', identity: 'of the device', key: KEY };
const PSK_SETTINGS = { identity: 'of the device', psk: hex(KEY) };

const authority = testCertificate({ commonName: 'authority', authority: true });
const own = testCertificate({ commonName: 'server', issuer: authority, addresses: ['127.0.0.1'] });
const ownCredential = loadCredential({ privateKey: own.privateKey, certificate: own.der, rawPublicKey: true });

for (const peer of leshans) {
  describeDevices(peer, 'security', (stage) => {
    test('a pre-shared key', async () => {
      await secured(stage, PSK);
      const [device, registration] = await stage.registered(PSK_SETTINGS);
      expect(registration.identity).toEqual({ kind: 'psk', identity: 'of the device' });
      expect(await stage.values('/3/0/0')).toEqual({ '/3/0/0': 'FlowNexus tests' });
      await device.run('update');
      await device.event('updated');
      await device.run('stop');
      await device.event('deregistered');
    });

    test('a certificate', async () => {
      const certificate = testCertificate({ commonName: NAME, issuer: authority });
      await secured(stage, { mode: 'x509', commonName: NAME });
      const [, registration] = await stage.registered({
        certificate: hex(certificate.der),
        key: privateKeyOf(certificate),
        server: hex(own.der),
      });
      expect(registration.identity).toMatchObject({ kind: 'x509', commonName: NAME });
      expect(await stage.values('/3/0/0')).toEqual({ '/3/0/0': 'FlowNexus tests' });
    });

    test('a raw public key', async () => {
      const keys = testCertificate();
      await secured(stage, { mode: 'rpk', publicKey: keys.publicKey });
      const [, registration] = await stage.registered({
        public: hex(keys.publicKey),
        key: privateKeyOf(keys),
        server: hex(own.publicKey),
      });
      expect(registration.identity).toEqual({ kind: 'rpk', publicKey: keys.publicKey });
      expect(await stage.values('/3/0/0')).toEqual({ '/3/0/0': 'FlowNexus tests' });
    });

    test('a wrong key is refused', async () => {
      const failed = Promise.withResolvers<string>();
      await secured(stage, PSK, (reason) => failed.resolve(reason));
      const device = await stage.start({ ...PSK_SETTINGS, psk: hex(new TextEncoder().encode('another')) });
      expect(await device.soon('the handshake to fail', failed.promise)).toContain('its key is another one');
      await device.event('not registered');
      expect(stage.server.registration(NAME)).toBeUndefined();
    });

    test('a device that has another name than its identity is refused', async () => {
      await secured(stage, PSK);
      const device = await stage.start({ ...PSK_SETTINGS, endpoint: 'other' });
      expect(await device.event('not registered')).toContain('BAD_REQUEST');
    });

    test.each(['resumed', 'full'])('a new handshake before each Update, a %s one', async (kind) => {
      const endpoint = await secured(stage, PSK);
      const [device, registration] = await stage.registered({ ...PSK_SETTINGS, reconnect: kind });
      const updated = stage.updated();
      await device.run('update');
      expect(await device.soon('an Update', updated)).toMatchObject({ registrationId: registration.registrationId });
      expect(await stage.values('/3/0/0')).toEqual({ '/3/0/0': 'FlowNexus tests' });
      // A session without an Extended Master Secret is not resumed (RFC 7627 §5.3).
      const handshakesResumed = kind === 'resumed' && peer.extendedMasterSecret ? 1 : 0;
      expect(endpoint.statistics).toMatchObject({ handshakesCompleted: 2, handshakesResumed });
    });
  });
}

describeDevices(leshan2, 'Connection ID', (stage) => {
  test('a device whose address changes needs no handshake, and stays observed', async () => {
    const endpoint = await secured(stage, PSK);
    const proxy = await UdpProxy.open(stage.server.addresses[0]?.port ?? 0);
    const uri = `coaps://127.0.0.1:${String(proxy.port)}`;
    const [device, before] = await stage.registered({ ...PSK_SETTINGS, cid: '4', uri });
    const heard = new Heard(stage.server);
    await stage.server.device(NAME).observe('/3303/0/5700').established;
    proxy.rebind();
    const updated = stage.updated();
    await device.run('update');
    const after = await device.soon('an Update', updated);
    expect(after.registrationId).toBe(before.registrationId);
    expect(after.address).not.toEqual(before.address);
    expect(await stage.values('/3/0/0')).toEqual({ '/3/0/0': 'FlowNexus tests' });
    proxy.rebind();
    await device.run('set', '/3303/0/5700', '12');
    await heard.count(2);
    expect(heard.all.map(({ records }) => records[0]?.value)).toEqual([0, 12]);
    expect(endpoint.statistics).toMatchObject({ handshakesCompleted: 1, addressChanges: 2 });
  });
});

/** Opens a server that has one device's credential. */
async function secured(
  stage: DeviceStage,
  credential: DeviceCredential,
  onFailure: (reason: string) => void = () => undefined,
): Promise<CoapsServerEndpoint> {
  const credentials = new MemoryCredentialStore();
  credentials.set(NAME, credential);
  const endpoint = coaps({
    host: '127.0.0.1',
    port: 0,
    credentials,
    ownCredential,
    roots: [authority.der],
    onHandshakeFailed: ({ reason }) => onFailure(reason.message),
  });
  await stage.open({ endpoints: [endpoint] });
  return endpoint;
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex');
}

function privateKeyOf({ privateKey }: TestCertificate): string {
  return privateKey.export({ format: 'der', type: 'pkcs8' }).toString('hex');
}
