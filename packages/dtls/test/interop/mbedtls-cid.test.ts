import { describe, expect, test } from 'vitest';
import type { AssociationStore, StoredAssociation } from '../../src/index.ts';
import { file, psk } from './support/credentials.ts';
import { describePeer } from './support/describe-peer.ts';
import {
  mbedtlsClient,
  mbedtlsMissing,
  type MbedtlsOptions,
  mbedtlsServer,
  runMbedtlsClient,
} from './support/mbedtls.ts';
import { OurClient, pskClient } from './support/our-client.ts';
import { OurServer } from './support/our-server.ts';
import { UdpProxy } from './support/udp-proxy.ts';

const options: MbedtlsOptions = {
  psk: psk.hex,
  psk_identity: psk.identity,
  force_ciphersuite: 'TLS-PSK-WITH-AES-128-CCM-8',
  cid: 1,
};
const bothWays = { ...options, cid_val: '0102030405' };
const certificates = { ca_file: file('ca.crt'), crt_file: file('client.crt'), key_file: file('client.key') };
const ecdsaCcm8 = { force_ciphersuite: 'TLS-ECDHE-ECDSA-WITH-AES-128-CCM-8' };
/** A client that sends again what has no answer, like CoAP. */
const patient = { read_timeout: 400, max_resend: 20 };
const negotiated = 'Use of Connection ID has been negotiated.';

function answers(output: string): number {
  return output.match(/< Read from server: \d+ bytes read/g)?.length ?? 0;
}

class MemoryStore implements AssociationStore {
  readonly kept = new Map<string, StoredAssociation>();

  load(): Iterable<StoredAssociation> {
    return [...this.kept.values()];
  }

  save(association: StoredAssociation): void {
    this.kept.set(association.key, association);
  }

  remove(key: string): void {
    this.kept.delete(key);
  }

  copy(): MemoryStore {
    const copy = new MemoryStore();
    for (const [key, association] of this.kept) copy.kept.set(key, association);
    return copy;
  }
}

describePeer("Connection IDs, our server and Mbed TLS's client", mbedtlsMissing(), () => {
  test.each([
    ['PSK-WITH-AES-128-CCM-8', {}],
    ['PSK-WITH-AES-128-CCM', {}],
    ['PSK-WITH-AES-128-GCM-SHA256', {}],
    ['PSK-WITH-AES-128-CBC-SHA256', {}],
    ['ECDHE-ECDSA-WITH-AES-128-CCM-8', certificates],
  ])('in both directions with %s', async (suite, more) => {
    const server = await OurServer.start();
    const force = { force_ciphersuite: `TLS-${suite}` };
    const output = await runMbedtlsClient(server.port, { ...bothWays, ...force, ...more, exchanges: 3 });
    expect(output).toContain(negotiated);
    expect(output).toContain('Peer CID (length 6 Bytes)');
    expect(answers(output)).toBe(3);
  });

  test.each([1, 8, 20])('ours have %i bytes', async (connectionIdLength) => {
    const server = await OurServer.start({ server: { connectionIdLength } });
    const output = await runMbedtlsClient(server.port, { ...bothWays, exchanges: 2 });
    expect(output).toContain(`Peer CID (length ${connectionIdLength} Bytes)`);
    expect(answers(output)).toBe(2);
  });

  test('the one of the client is empty', async () => {
    const server = await OurServer.start();
    const output = await runMbedtlsClient(server.port, { ...options, exchanges: 3 });
    expect(output).toContain('Peer CID (length 6 Bytes)');
    expect(answers(output)).toBe(3);
  });

  test('turned off at our side', async () => {
    const server = await OurServer.start({ server: { connectionIdLength: 0 } });
    const output = await runMbedtlsClient(server.port, { ...bothWays, exchanges: 3 });
    expect(output).not.toContain(negotiated);
    expect(answers(output)).toBe(3);
  });

  test('a client that has lost everything connects again from the same port', async () => {
    const server = await OurServer.start();
    const output = await runMbedtlsClient(server.port, { ...bothWays, reconnect_hard: 1 });
    expect(answers(output)).toBe(2);
    expect(server.statistics).toMatchObject({ handshakesCompleted: 2, handshakesFailed: 0 });
  });

  test.each([1, 2])('a client that is serialized between two requests, in way %i', async (serialize) => {
    const server = await OurServer.start();
    const output = await runMbedtlsClient(server.port, { ...bothWays, serialize, exchanges: 3 });
    expect(answers(output)).toBe(3);
    expect(server.statistics.handshakesCompleted).toBe(1);
  });

  test('agreed anew when a session is resumed', async () => {
    const server = await OurServer.start();
    const output = await runMbedtlsClient(server.port, { ...bothWays, reconnect: 1 });
    const ids = [...output.matchAll(/initial handshake\) Peer CID \(length 6 Bytes\): (.*)/g)].map(([, id]) => id);
    expect(answers(output)).toBe(2);
    expect(server.statistics.handshakesResumed).toBe(1);
    expect(new Set(ids).size).toBe(ids.length);
  });

  test.each(['newest', 'proven'] as const)(
    'the address of the client changes in the middle of an association, policy "%s"',
    async (addressUpdate) => {
      const server = await OurServer.start({ transport: { addressUpdate } });
      const proxy = await UdpProxy.open(server.port);
      const client = mbedtlsClient(proxy.port, { ...bothWays, ...patient, exchanges: 20 });
      for (let count = 1; count <= 4; count += 1) {
        await expect.poll(() => answers(client.output), { interval: 1 }).toBeGreaterThanOrEqual(count);
        proxy.rebind();
      }
      expect(await client.ended).toBe(0);
      expect(answers(client.output)).toBe(20);
      expect(server.statistics.handshakesCompleted).toBe(1);
      // Nothing proves the new address here: with `proven` each answer goes there, and the association stays at home.
      expect(server.statistics.addressChanges > 0).toBe(addressUpdate === 'newest');
      expect(new Set(server.received.map(({ peer }) => peer.key)).size).toBe(1);
    },
  );

  describe.each([
    ['PSK and Connection IDs', bothWays],
    ['PSK without Connection IDs', { ...options, cid: 0 }],
    ['certificates', { ...bothWays, ...ecdsaCcm8, ...certificates }],
  ])('our server restarts while the client is alive: %s', (_, given) => {
    test.each([true, false])('after a regular end: %s', async (regular) => {
      const store = new MemoryStore();
      const first = await OurServer.start({ transport: { store } });
      // Without a proxy the client would hear from the operating system that nobody listens.
      const proxy = await UdpProxy.open(first.port);
      const client = mbedtlsClient(proxy.port, { ...given, ...patient, exchanges: 100_000 });
      await expect.poll(() => answers(client.output), { interval: 1 }).toBeGreaterThan(2);
      // What is written when it closes is not there after a crash.
      const left = regular ? store : store.copy();
      await expect.poll(() => answers(client.output), { interval: 1 }).toBeGreaterThan(20);
      await first.close();
      const before = answers(client.output);
      const second = await OurServer.start({ transport: { store: left }, port: first.port });
      await expect.poll(() => answers(client.output)).toBeGreaterThan(before + 10);
      expect(second.statistics).toMatchObject({ restored: 1, handshakesStarted: 0 });
      const [{ peer: was }, { peer: is }] = [first.received[0]!, second.received[0]!];
      expect(is.identity).toEqual(was.identity);
      expect(is.key).toBe(was.key);
    });
  });
});

describePeer("Connection IDs, our client and Mbed TLS's server", mbedtlsMissing(), () => {
  const suite = 'PSK_WITH_AES_128_CCM_8';

  test.each([
    ['in both directions', 5, 'aabbccdd'],
    ['ours is empty', 0, 'aabbccdd'],
  ])('%s', async (_, connectionIdLength, cid) => {
    const server = await mbedtlsServer({ ...options, cid_val: cid, exchanges: 2 });
    const client = await OurClient.connect(server.port, suite, { ...pskClient, connectionIdLength });
    await client.exchange('GET / HTTP/1.0\r\n\r\n');
    await client.exchange('GET / HTTP/1.0\r\n\r\n');
    await server.process.says(/Use of Connection ID has been negotiated/);
  });

  test('not offered', async () => {
    const server = await mbedtlsServer({ ...options, cid_val: 'aabbccdd', exchanges: 2 });
    const client = await OurClient.connect(server.port, suite, { ...pskClient, connectionIdLength: 'not-offered' });
    await client.exchange('GET / HTTP/1.0\r\n\r\n');
    expect(server.process.output).not.toContain(negotiated);
  });
});
