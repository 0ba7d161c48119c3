import { afterAll, beforeAll, expect, test } from 'vitest';
import { lossyRule, seededRandom } from '@flownexus/datagram/testing';
import { CIPHER_SUITES } from '../../src/index.ts';
import { der, file, psk } from './support/credentials.ts';
import { describePeer } from './support/describe-peer.ts';
import type { Fields, LinePeer } from './support/line-peer.ts';
import { OurClient, pskClient, rememberingClient, rpkClient, x509Client } from './support/our-client.ts';
import { OurServer } from './support/our-server.ts';
import { scandiumMissing, startScandium } from './support/scandium.ts';
import { UdpProxy } from './support/udp-proxy.ts';

const withPsk: Fields = { identity: psk.identity, key: psk.hex };
const withCertificate = (who: string): Fields => ({
  private: file(`${who}.key`),
  chain: file(`${who}.crt`),
  roots: file('ca.crt'),
});
const withRawKey = (who: string, whom: string): Fields => ({
  private: file(`${who}.key`),
  public: file(`${who}.pub`),
  trusted: file(`${whom}.pub`),
});

const names = CIPHER_SUITES.map(({ name }) => name);
const pskSuites = CIPHER_SUITES.filter(({ keyExchange }) => keyExchange !== 'ecdhe_ecdsa').map(({ name }) => name);
const ecdsaSuites = names.filter((name) => !pskSuites.includes(name));
const ccm8 = 'PSK_WITH_AES_128_CCM_8';
const ecdsaCcm8 = 'ECDHE_ECDSA_WITH_AES_128_CCM_8';

describePeer("our server and Californium's client", scandiumMissing(), () => {
  let scandium: LinePeer;
  beforeAll(async () => {
    scandium = await startScandium();
  });
  afterAll(() => scandium.stop());

  test.each(pskSuites)('PSK with %s', async (suite) => {
    const server = await OurServer.start();
    await scandium.connect(server.port, { ...withPsk, suites: suite });
    expect(await scandium.send('a datagram')).toBe('a datagram');
    expect(await scandium.context()).toMatchObject({ suite, ems: 'true' });
    expect(server.peers.map(({ identity }) => identity)).toEqual([{ kind: 'psk', identity: 'dev1' }]);
    await scandium.ask('close');
    await expect.poll(() => server.statistics.associations).toBe(0);
  });

  test.each(ecdsaSuites)('certificates on both sides with %s', async (suite) => {
    const server = await OurServer.start();
    await scandium.connect(server.port, { ...withCertificate('client'), suites: suite });
    expect(await scandium.send('a datagram')).toBe('a datagram');
    expect(await scandium.context()).toMatchObject({ suite, peer: 'CN=localhost' });
    expect(server.peers[0]?.identity).toMatchObject({ kind: 'x509', commonName: 'dev1' });
  });

  test.each(ecdsaSuites)('raw public keys on both sides with %s', async (suite) => {
    const server = await OurServer.start();
    await scandium.connect(server.port, { ...withRawKey('client', 'server'), suites: suite });
    expect(await scandium.send('a datagram')).toBe('a datagram');
    expect(server.peers[0]?.identity).toEqual({ kind: 'rpk', publicKey: der('client.pub') });
  });

  test.each([0, 4, 8])('Connection IDs, that of the client has %i bytes', async (cid) => {
    const server = await OurServer.start();
    await scandium.connect(server.port, { ...withPsk, suites: ccm8, cid });
    expect(await scandium.send('a datagram')).toBe('a datagram');
    const { readcid = '', writecid = '' } = await scandium.context();
    expect(writecid).toHaveLength(12);
    expect(readcid.replace('null', '')).toHaveLength(2 * cid);
  });

  test('the address of the client changes in the middle of an association', async () => {
    const server = await OurServer.start();
    const proxy = await UdpProxy.open(server.port);
    await scandium.connect(proxy.port, { ...withPsk, suites: ccm8, cid: 4 });
    await scandium.send('before');
    const { handshake } = await scandium.context();
    proxy.rebind();
    expect(await scandium.send('after')).toBe('after');
    expect(await scandium.context()).toMatchObject({ handshake });
    const [before, after] = server.received;
    expect(after?.peer.key).toBe(before?.peer.key);
    expect(server.statistics).toMatchObject({ handshakesCompleted: 1, addressChanges: 1 });
  });

  test.each([
    ['PSK', withPsk, ccm8],
    ['certificates', withCertificate('client'), ecdsaCcm8],
    ['raw public keys', withRawKey('client', 'server'), ecdsaCcm8],
  ])('a session is resumed by its id: %s', async (_, who, suites) => {
    const server = await OurServer.start();
    await scandium.connect(server.port, { ...who, suites, cid: 4 });
    await scandium.send('before');
    const first = await scandium.context();
    await scandium.ask('resume');
    expect(await scandium.send('after')).toBe('after');
    const second = await scandium.context();
    expect(second.session).toBe(first.session);
    expect(second.handshake).not.toBe(first.handshake);
    expect(server.statistics.handshakesResumed).toBe(1);
    expect(server.peers[1]?.identity).toEqual(server.peers[0]?.identity);
  });

  test.each([512, 1024])('records of %i bytes', async (size) => {
    // Everything has to fit at once: it would take smaller datagrams later.
    const server = await OurServer.start({ transport: { limits: { firstRetransmissionMs: 60_000 } } });
    await scandium.connect(server.port, { ...withCertificate('client'), suites: ecdsaCcm8, fragment: size });
    const text = 'x'.repeat(size - 50);
    expect(await scandium.send(text)).toBe(text);
  });

  test('a limit for records (RFC 8449)', async () => {
    const server = await OurServer.start();
    await scandium.connect(server.port, { ...withCertificate('client'), suites: ecdsaCcm8, limit: 200 });
    expect(await scandium.send('a datagram')).toBe('a datagram');
  });

  test('certificates in fragments', async () => {
    const server = await OurServer.start({ transport: { mtu: 256 } });
    await scandium.connect(server.port, { ...withCertificate('chained'), suites: ecdsaCcm8, mtu: 256 });
    expect(await scandium.send('a datagram')).toBe('a datagram');
    expect(server.peers[0]?.identity).toMatchObject({ kind: 'x509', commonName: 'dev2' });
  });

  test.each([1, 2, 3])('a network that loses, doubles and reorders, seed %i', async (seed) => {
    const limits = { firstRetransmissionMs: 150, longestRetransmissionMs: 1_000, retransmissions: 20 };
    const server = await OurServer.start({ transport: { limits } });
    const rule = lossyRule(seededRandom(seed), { loss: 0.15, duplication: 0.2, jitterMs: 60 });
    const proxy = await UdpProxy.open(server.port, rule);
    const who = withCertificate('client');
    await scandium.connect(proxy.port, { ...who, suites: ecdsaCcm8, cid: 4, retransmission: 150, patience: 1_000 });
    // The datagram itself is lost like any other.
    const sending = async (): Promise<string> => scandium.send('a datagram').catch(sending);
    expect(await sending()).toBe('a datagram');
  });

  test.each([
    ['a wrong key', { identity: psk.identity, key: '00112233', suites: ccm8 }],
    ['an unknown identity', { ...withPsk, identity: 'nobody', suites: ccm8 }],
    ['a certificate of somebody else', { ...withCertificate('stranger'), suites: ecdsaCcm8 }],
    ['a raw public key of somebody else', { ...withRawKey('server', 'server'), suites: ecdsaCcm8 }],
  ])('%s fails', async (_, given) => {
    const server = await OurServer.start();
    await scandium.connect(server.port, given);
    await expect(scandium.send('a datagram')).rejects.toThrow();
    await expect.poll(() => server.failures.length).toBeGreaterThan(0);
    expect(server.peers).toEqual([]);
  });
});

describePeer("our client and Californium's server", scandiumMissing(), () => {
  let scandium: LinePeer;
  beforeAll(async () => {
    scandium = await startScandium();
  });
  afterAll(() => scandium.stop());

  test.each(pskSuites)('PSK with %s', async (suite) => {
    const port = await scandium.serve({ ...withPsk, suites: suite });
    const client = await OurClient.connect(port, suite, pskClient);
    expect((await client.exchange('a datagram')).toString()).toBe('a datagram');
    expect(await scandium.context()).toMatchObject({ suite, peer: 'dev1', ems: 'true' });
  });

  test.each(ecdsaSuites)('certificates on both sides with %s', async (suite) => {
    const port = await scandium.serve({ ...withCertificate('server'), suites: suite });
    const client = await OurClient.connect(port, suite, x509Client());
    expect((await client.exchange('a datagram')).toString()).toBe('a datagram');
    expect(await scandium.context()).toMatchObject({ suite, peer: 'CN=dev1' });
    expect(client.peer.identity).toMatchObject({ kind: 'x509', commonName: 'localhost' });
  });

  test.each(ecdsaSuites)('raw public keys on both sides with %s', async (suite) => {
    const port = await scandium.serve({ ...withRawKey('server', 'client'), suites: suite });
    const client = await OurClient.connect(port, suite, rpkClient());
    expect((await client.exchange('a datagram')).toString()).toBe('a datagram');
    expect(client.peer.identity).toEqual({ kind: 'rpk', publicKey: der('server.pub') });
  });

  test.each([0, 5])('Connection IDs, ours has %i bytes', async (connectionIdLength) => {
    const port = await scandium.serve({ ...withPsk, suites: ccm8, cid: 6 });
    const client = await OurClient.connect(port, ccm8, { ...pskClient, connectionIdLength });
    expect((await client.exchange('a datagram')).toString()).toBe('a datagram');
    const { readcid = '', writecid = '' } = await scandium.context();
    expect(readcid).toHaveLength(12);
    expect(writecid.replace('null', '')).toHaveLength(2 * connectionIdLength);
  });

  test('our address changes in the middle of an association', async () => {
    const port = await scandium.serve({ ...withPsk, suites: ccm8, cid: 6 });
    const proxy = await UdpProxy.open(port);
    const client = await OurClient.connect(proxy.port, ccm8, pskClient);
    await client.exchange('before');
    proxy.rebind();
    expect((await client.exchange('after')).toString()).toBe('after');
    expect(client.statistics.handshakesStarted).toBe(1);
  });

  test('a session is resumed by its id', async () => {
    const port = await scandium.serve({ ...withPsk, suites: ccm8, cid: 6 });
    const { client, session } = rememberingClient();
    const first = await OurClient.connect(port, ccm8, client);
    await first.exchange('before');
    await first.close();
    const second = await OurClient.connect(port, ccm8, { ...pskClient, session: session() });
    expect((await second.exchange('after')).toString()).toBe('after');
    expect(second.statistics.handshakesResumed).toBe(1);
  });
});
