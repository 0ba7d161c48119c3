import { lossyRule, seededRandom } from '@flownexus/datagram/testing';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { file, psk } from './support/credentials.ts';
import { describePeer } from './support/describe-peer.ts';
import type { Fields, LinePeer } from './support/line-peer.ts';
import { OurClient, pskClient, rememberingClient, x509Client } from './support/our-client.ts';
import { OurServer } from './support/our-server.ts';
import { pionMissing, startPion } from './support/pion.ts';
import { UdpProxy } from './support/udp-proxy.ts';

const withPsk: Fields = { identity: psk.identity, key: psk.hex };
const withCertificate = (who: string): Fields => ({
  private: file(`${who}.key`),
  chain: file(`${who}.crt`),
  roots: file('ca.crt'),
});

// It has no CBC with SHA-256 and ECDSA, no raw public keys, and ECDHE_PSK with CBC alone.
const pskSuites = [
  'PSK_WITH_AES_128_CCM_8',
  'PSK_WITH_AES_128_CCM',
  'PSK_WITH_AES_128_GCM_SHA256',
  'PSK_WITH_AES_128_CBC_SHA256',
] as const;
const ecdsaSuites = [
  'ECDHE_ECDSA_WITH_AES_128_CCM_8',
  'ECDHE_ECDSA_WITH_AES_128_CCM',
  'ECDHE_ECDSA_WITH_AES_128_GCM_SHA256',
] as const;
const [ccm8] = pskSuites;
const [ecdsaCcm8] = ecdsaSuites;

describePeer("our server and pion's client", pionMissing(), () => {
  let pion: LinePeer;
  beforeAll(async () => {
    pion = await startPion();
  });
  afterAll(() => pion.stop());

  test.each(pskSuites)('PSK with %s', async (suite) => {
    const server = await OurServer.start();
    await pion.connect(server.port, { ...withPsk, suites: suite, ems: 'required' });
    expect(await pion.send('a datagram')).toBe('a datagram');
    expect(await pion.context()).toMatchObject({ suite });
    expect(server.peers.map(({ identity }) => identity)).toEqual([{ kind: 'psk', identity: 'dev1' }]);
    await pion.ask('close');
    await expect.poll(() => server.statistics.associations).toBe(0);
  });

  test.each(ecdsaSuites)('certificates on both sides with %s', async (suite) => {
    const server = await OurServer.start();
    await pion.connect(server.port, { ...withCertificate('client'), suites: suite });
    expect(await pion.send('a datagram')).toBe('a datagram');
    expect(server.peers[0]?.identity).toMatchObject({ kind: 'x509', commonName: 'dev1' });
  });

  test('without the extended master secret', async () => {
    const server = await OurServer.start();
    await pion.connect(server.port, { ...withPsk, suites: ccm8, ems: 'off' });
    expect(await pion.send('a datagram')).toBe('a datagram');
  });

  test.each([
    ['in both directions', 5, 0],
    ['in both directions, with padding', 5, 17],
    ['that of the client is empty', 0, 0],
  ])('Connection IDs, %s', async (_, cid, padding) => {
    const server = await OurServer.start();
    const proxy = await UdpProxy.open(server.port);
    await pion.connect(proxy.port, { ...withPsk, suites: ccm8, cid, padding });
    expect(await pion.send('a datagram')).toBe('a datagram');
    proxy.rebind();
    expect(await pion.send('from elsewhere')).toBe('from elsewhere');
    expect(server.statistics).toMatchObject({ handshakesCompleted: 1, addressChanges: 1 });
  });

  test('a session is resumed by its id', async () => {
    // With Connection IDs pion 3.1.15 sends the Finished of an abbreviated handshake without one.
    const server = await OurServer.start();
    await pion.connect(server.port, { ...withPsk, suites: ccm8 });
    await pion.send('before');
    const { session } = await pion.context();
    await pion.ask('resume');
    expect(await pion.send('after')).toBe('after');
    expect(await pion.context()).toMatchObject({ session });
    expect(server.statistics.handshakesResumed).toBe(1);
  });

  test('certificates in fragments', async () => {
    const server = await OurServer.start({ transport: { mtu: 256 } });
    await pion.connect(server.port, { ...withCertificate('chained'), suites: ecdsaCcm8, mtu: 200 });
    expect(await pion.send('a datagram')).toBe('a datagram');
    expect(server.peers[0]?.identity).toMatchObject({ kind: 'x509', commonName: 'dev2' });
  });

  test.each([1, 2, 3])('a network that loses, doubles and reorders, seed %i', async (seed) => {
    const limits = { firstRetransmissionMs: 150, longestRetransmissionMs: 1_000, retransmissions: 20 };
    const server = await OurServer.start({ transport: { limits } });
    const rule = lossyRule(seededRandom(seed), { loss: 0.15, duplication: 0.2, jitterMs: 60 });
    const proxy = await UdpProxy.open(server.port, rule);
    await pion.connect(proxy.port, { ...withCertificate('client'), suites: ecdsaCcm8, cid: 4, retransmission: 150 });
    expect(server.peers[0]?.identity).toMatchObject({ kind: 'x509', commonName: 'dev1' });
  });

  test.each([
    ['a wrong key', { identity: psk.identity, key: '00112233', suites: ccm8 }],
    ['an unknown identity', { ...withPsk, identity: 'nobody', suites: ccm8 }],
    ['a certificate of somebody else', { ...withCertificate('stranger'), suites: ecdsaCcm8 }],
  ])('%s fails', async (_, given) => {
    const server = await OurServer.start();
    await expect(pion.connect(server.port, given)).rejects.toThrow();
    await expect.poll(() => server.failures.length).toBeGreaterThan(0);
    expect(server.peers).toEqual([]);
  });
});

describePeer("our client and pion's server", pionMissing(), () => {
  let pion: LinePeer;
  beforeAll(async () => {
    pion = await startPion();
  });
  afterAll(() => pion.stop());

  test.each(pskSuites)('PSK with %s', async (suite) => {
    const port = await pion.serve({ ...withPsk, suites: suite, ems: 'required' });
    const client = await OurClient.connect(port, suite, pskClient);
    expect((await client.exchange('a datagram')).toString()).toBe('a datagram');
    expect(await pion.context()).toMatchObject({ suite });
  });

  test.each(ecdsaSuites)('certificates on both sides with %s', async (suite) => {
    const port = await pion.serve({ ...withCertificate('server'), suites: suite });
    const client = await OurClient.connect(port, suite, x509Client());
    expect((await client.exchange('a datagram')).toString()).toBe('a datagram');
    expect(client.peer.identity).toMatchObject({ kind: 'x509', commonName: 'localhost' });
  });

  test.each([
    [5, 0],
    [5, 17],
    [0, 0],
  ])('Connection IDs, ours has %i bytes, padding has %i', async (connectionIdLength, padding) => {
    const port = await pion.serve({ ...withPsk, suites: ccm8, cid: 7, padding });
    const proxy = await UdpProxy.open(port);
    const client = await OurClient.connect(proxy.port, ccm8, { ...pskClient, connectionIdLength });
    expect((await client.exchange('before')).toString()).toBe('before');
    proxy.rebind();
    expect((await client.exchange('after')).toString()).toBe('after');
  });

  test('a session is resumed by its id', async () => {
    const port = await pion.serve({ ...withPsk, suites: ccm8 });
    const { client, session } = rememberingClient();
    const first = await OurClient.connect(port, ccm8, client);
    await first.exchange('before');
    await first.close();
    const second = await OurClient.connect(port, ccm8, { ...pskClient, session: session() });
    expect((await second.exchange('after')).toString()).toBe('after');
    expect(second.statistics.handshakesResumed).toBe(1);
  });
});
