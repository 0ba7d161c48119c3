import { expect, test } from 'vitest';
import { file, psk } from './support/credentials.ts';
import { describePeer } from './support/describe-peer.ts';
import {
  mbedtlsClient,
  mbedtlsMissing,
  type MbedtlsOptions,
  mbedtlsServer,
  runMbedtlsClient,
} from './support/mbedtls.ts';
import { OurClient, pskClient, rememberingClient, x509Client } from './support/our-client.ts';
import { OurServer } from './support/our-server.ts';

const pskOptions: MbedtlsOptions = { psk: psk.hex, psk_identity: psk.identity };
const certificates = (who: string): MbedtlsOptions => ({
  auth_mode: 'required',
  ca_file: file('ca.crt'),
  crt_file: file(`${who}.crt`),
  key_file: file(`${who}.key`),
});
const only = (suite: string): MbedtlsOptions => ({ force_ciphersuite: `TLS-${suite}` });

const pskSuites = [
  ['PSK-WITH-AES-128-CCM-8', 'PSK_WITH_AES_128_CCM_8'],
  ['PSK-WITH-AES-128-CCM', 'PSK_WITH_AES_128_CCM'],
  ['PSK-WITH-AES-128-GCM-SHA256', 'PSK_WITH_AES_128_GCM_SHA256'],
  ['PSK-WITH-AES-128-CBC-SHA256', 'PSK_WITH_AES_128_CBC_SHA256'],
] as const;
const ecdsaSuites = [
  ['ECDHE-ECDSA-WITH-AES-128-CCM-8', 'ECDHE_ECDSA_WITH_AES_128_CCM_8'],
  ['ECDHE-ECDSA-WITH-AES-128-CCM', 'ECDHE_ECDSA_WITH_AES_128_CCM'],
  ['ECDHE-ECDSA-WITH-AES-128-GCM-SHA256', 'ECDHE_ECDSA_WITH_AES_128_GCM_SHA256'],
  ['ECDHE-ECDSA-WITH-AES-128-CBC-SHA256', 'ECDHE_ECDSA_WITH_AES_128_CBC_SHA256'],
] as const;

const ccm8 = only('PSK-WITH-AES-128-CCM-8');

/** How many answers the client has read. */
function answers(output: string): number {
  return output.match(/< Read from server: \d+ bytes read/g)?.length ?? 0;
}

describePeer("our server and Mbed TLS's client", mbedtlsMissing(), () => {
  test.each(pskSuites)('PSK with %s', async (suite) => {
    const server = await OurServer.start();
    const output = await runMbedtlsClient(server.port, { ...pskOptions, ...only(suite), exchanges: 3 });
    expect(output).toContain(`Ciphersuite is TLS-${suite}`);
    expect(answers(output)).toBe(3);
    expect(server.peers.map(({ identity }) => identity)).toEqual([{ kind: 'psk', identity: 'dev1' }]);
    await expect.poll(() => server.statistics.associations).toBe(0);
  });

  test.each(ecdsaSuites)('certificates on both sides with %s', async (suite) => {
    const server = await OurServer.start();
    const output = await runMbedtlsClient(server.port, { ...certificates('client'), ...only(suite), exchanges: 3 });
    expect(output).toContain(`Ciphersuite is TLS-${suite}`);
    expect(answers(output)).toBe(3);
    expect(server.peers[0]?.identity).toMatchObject({ kind: 'x509', commonName: 'dev1' });
  });

  test('CBC without Encrypt-then-MAC', async () => {
    const server = await OurServer.start();
    const options = { ...pskOptions, ...only('PSK-WITH-AES-128-CBC-SHA256'), etm: 0 };
    expect(answers(await runMbedtlsClient(server.port, options))).toBe(1);
  });

  test('without the extended master secret', async () => {
    const server = await OurServer.start();
    expect(answers(await runMbedtlsClient(server.port, { ...pskOptions, ...ccm8, extended_ms: 0 }))).toBe(1);
  });

  test('a chain of certificates in fragments of 256 bytes', async () => {
    const server = await OurServer.start({ transport: { mtu: 256 } });
    const suite = only('ECDHE-ECDSA-WITH-AES-128-CCM-8');
    const output = await runMbedtlsClient(server.port, { ...certificates('chained'), ...suite, mtu: 256 });
    expect(answers(output)).toBe(1);
    expect(server.peers[0]?.identity).toMatchObject({ kind: 'x509', commonName: 'dev2' });
  });

  test('one record in each datagram', async () => {
    const server = await OurServer.start();
    const suite = only('ECDHE-ECDSA-WITH-AES-128-CCM-8');
    const output = await runMbedtlsClient(server.port, { ...certificates('client'), ...suite, dgram_packing: 0 });
    expect(answers(output)).toBe(1);
  });

  test.each([512, 1024, 2048, 4096])('records of %i bytes', async (size) => {
    const answer = new Uint8Array(size);
    const server = await OurServer.start({ answer: () => answer });
    const options = { ...pskOptions, ...ccm8, max_frag_len: size, request_size: size };
    const output = await runMbedtlsClient(server.port, options);
    expect(output).toContain(`Maximum incoming record payload length is ${size}`);
    expect(output).toContain(`Read from server: ${size} bytes read`);
  });

  test('a record of 16000 bytes', async () => {
    const server = await OurServer.start();
    const output = await runMbedtlsClient(server.port, { ...pskOptions, ...ccm8, request_size: 16_000 });
    expect(output).toContain('Write to server: 16000 bytes written in 1 fragments');
    expect(server.received[0]?.text).toHaveLength(16_000);
  });

  test('twenty clients at once', async () => {
    const server = await OurServer.start();
    const options = { ...pskOptions, ...ccm8, exchanges: 5, hs_timeout: '5000-60000' };
    const outputs = await Promise.all(Array.from({ length: 20 }, () => runMbedtlsClient(server.port, options)));
    expect(outputs.map(answers)).toEqual(outputs.map(() => 5));
    expect(server.statistics).toMatchObject({ handshakesCompleted: 20, handshakesFailed: 0 });
  });

  test('an answer that is larger than the records that were agreed is not sent', async () => {
    let answer = new Uint8Array(513);
    const server = await OurServer.start({
      answer() {
        const present = answer;
        answer = new Uint8Array(512);
        return present;
      },
    });
    const options = { ...pskOptions, ...ccm8, max_frag_len: 512, read_timeout: 500, max_resend: 3 };
    expect(await runMbedtlsClient(server.port, options)).toContain('Read from server: 512 bytes read');
  });

  test.each([
    ['its session id', 0],
    ['a ticket', 1],
  ])('a session is resumed by %s', async (_, tickets) => {
    const server = await OurServer.start();
    const output = await runMbedtlsClient(server.port, { ...pskOptions, ...ccm8, tickets, reconnect: 1 });
    expect(output).toContain('Reconnecting with saved session... ok');
    expect(answers(output)).toBe(2);
    expect(server.statistics.handshakesResumed).toBe(1);
  });

  test('a session with certificates is resumed, the identity with it', async () => {
    const server = await OurServer.start();
    const suite = only('ECDHE-ECDSA-WITH-AES-128-CCM-8');
    await runMbedtlsClient(server.port, { ...certificates('client'), ...suite, reconnect: 1 });
    expect(server.statistics.handshakesResumed).toBe(1);
    expect(server.peers[1]?.identity).toEqual(server.peers[0]?.identity);
  });

  test('a client that has lost everything connects again from the same port', async () => {
    const server = await OurServer.start();
    const output = await runMbedtlsClient(server.port, { ...pskOptions, ...ccm8, reconnect_hard: 1 });
    expect(answers(output)).toBe(2);
    expect(server.statistics.handshakesCompleted).toBe(2);
  });

  test('renegotiation is refused', async () => {
    const server = await OurServer.start();
    const client = mbedtlsClient(server.port, { ...pskOptions, ...ccm8, renegotiation: 1, renegotiate: 1 });
    await client.says(/Performing renegotiation\.\.\. failed/);
    expect(server.statistics.handshakesCompleted).toBe(1);
  });

  test.each([
    ['a wrong key', { psk: '00112233', psk_identity: 'dev1' }],
    ['an unknown identity', { psk: psk.hex, psk_identity: 'nobody' }],
  ])('%s fails', async (_, wrong) => {
    const server = await OurServer.start();
    mbedtlsClient(server.port, { ...wrong, ...ccm8 });
    await expect.poll(() => server.failures.length).toBe(1);
    expect(server.peers).toEqual([]);
  });

  test('a client with a certificate of somebody else is refused', async () => {
    const server = await OurServer.start();
    const suite = only('ECDHE-ECDSA-WITH-AES-128-CCM-8');
    const client = mbedtlsClient(server.port, { ...certificates('stranger'), ...suite });
    await client.says(/UNKNOWN_CA|fatal alert message was received/i);
    expect(server.peers).toEqual([]);
  });
});

describePeer("our client and Mbed TLS's server", mbedtlsMissing(), () => {
  const page = 'Mbed TLS Test Server';
  const request = 'GET / HTTP/1.0\r\n\r\n';

  test.each(pskSuites)('PSK with %s', async (name, suite) => {
    const server = await mbedtlsServer({ ...pskOptions, ...only(name) });
    const client = await OurClient.connect(server.port, suite, pskClient);
    expect((await client.exchange(request)).toString()).toContain(page);
  });

  test.each(ecdsaSuites)('certificates on both sides with %s', async (name, suite) => {
    const server = await mbedtlsServer({ ...certificates('server'), ...only(name) });
    const client = await OurClient.connect(server.port, suite, x509Client());
    expect((await client.exchange(request)).toString()).toContain(page);
  });

  test('certificates in fragments of 256 bytes', async () => {
    const server = await mbedtlsServer({ ...certificates('server'), mtu: 256 });
    const client = await OurClient.connect(server.port, 'ECDHE_ECDSA_WITH_AES_128_CCM_8', x509Client(), { mtu: 256 });
    expect((await client.exchange(request)).toString()).toContain(page);
  });

  test('records of 512 bytes', async () => {
    const server = await mbedtlsServer({ ...pskOptions, ...ccm8, response_size: 500 });
    const small = { ...pskClient, maxFragmentLength: 512 } as const;
    const client = await OurClient.connect(server.port, 'PSK_WITH_AES_128_CCM_8', small);
    expect((await client.exchange(request)).toString()).toContain(page);
    await server.process.says(/Maximum outgoing record payload length is 512/);
  });

  test.each([
    ['its session id', 0],
    ['a ticket', 1],
  ])('a session is resumed by %s', async (_, tickets) => {
    const server = await mbedtlsServer({ ...pskOptions, ...ccm8, tickets });
    const { client, session } = rememberingClient();
    const first = await OurClient.connect(server.port, 'PSK_WITH_AES_128_CCM_8', client);
    await first.exchange(request);
    await first.close();
    const again = { ...pskClient, session: session() };
    const second = await OurClient.connect(server.port, 'PSK_WITH_AES_128_CCM_8', again);
    expect((await second.exchange(request)).toString()).toContain(page);
    expect(second.statistics.handshakesResumed).toBe(1);
  });

  test('a server that asks for renegotiation gets none', async () => {
    const options = { renegotiation: 1, renegotiate: 1, renego_delay: 0, exchanges: 2 };
    const server = await mbedtlsServer({ ...pskOptions, ...ccm8, ...options });
    const client = await OurClient.connect(server.port, 'PSK_WITH_AES_128_CCM_8', pskClient);
    client.send(request);
    await server.process.says(/Read from client/);
    expect(client.statistics.handshakesStarted).toBe(1);
  });
});
