import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { udpTransport } from '@flownexus/datagram';
import { expect, onTestFinished, test } from 'vitest';
import { loadCredential, type OwnCredential } from '../../src/index.ts';
import { file, pem, psk } from './support/credentials.ts';
import { describePeer } from './support/describe-peer.ts';
import { opensslClient, opensslMissing, opensslServer } from './support/openssl.ts';
import { OurClient, pskClient, rememberingClient, x509Client } from './support/our-client.ts';
import { HOST, OurServer } from './support/our-server.ts';
import { PeerProcess } from './support/peer-process.ts';

// OpenSSL's names, and ours. It has no ECDHE_PSK with AEAD ciphers.
const pskSuites = [
  ['PSK-AES128-CCM8', 'PSK_WITH_AES_128_CCM_8'],
  ['PSK-AES128-CCM', 'PSK_WITH_AES_128_CCM'],
  ['PSK-AES128-GCM-SHA256', 'PSK_WITH_AES_128_GCM_SHA256'],
  ['PSK-AES128-CBC-SHA256', 'PSK_WITH_AES_128_CBC_SHA256'],
] as const;
const ecdsaSuites = [
  ['ECDHE-ECDSA-AES128-CCM8', 'ECDHE_ECDSA_WITH_AES_128_CCM_8'],
  ['ECDHE-ECDSA-AES128-CCM', 'ECDHE_ECDSA_WITH_AES_128_CCM'],
  ['ECDHE-ECDSA-AES128-GCM-SHA256', 'ECDHE_ECDSA_WITH_AES_128_GCM_SHA256'],
  ['ECDHE-ECDSA-AES128-SHA256', 'ECDHE_ECDSA_WITH_AES_128_CBC_SHA256'],
] as const;

// CCM_8 is below the default security level of 1.
const cipher = (name: string): string[] => ['-cipher', `${name}:@SECLEVEL=0`];
const pskArguments = (name: string, key: string = psk.hex, identity: string = psk.identity): string[] => [
  ...['-psk_identity', identity, '-psk', key],
  ...cipher(name),
];
const certificate = (name: string): string[] => ['-cert', file(`${name}.crt`), '-key', file(`${name}.key`)];
const trust = ['-CAfile', file('ca.crt')];
const x509Arguments = (name: string, who = 'client'): string[] => [...certificate(who), ...trust, ...cipher(name)];

/** Sends a line and waits for its echo. */
async function talk(client: PeerProcess, text = 'a line from OpenSSL'): Promise<void> {
  await client.says(/, Cipher is /);
  client.write(`${text}\n`);
  await client.says(new RegExp(text));
}

async function hangUp(client: PeerProcess): Promise<void> {
  client.write('Q\n');
  await client.ended;
}

function temporaryFile(name: string): string {
  const folder = mkdtempSync(join(tmpdir(), 'flownexus-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  return join(folder, name);
}

describePeer("our server and OpenSSL's client", opensslMissing(), () => {
  test.each(pskSuites)('PSK with %s', async (name) => {
    const server = await OurServer.start();
    const client = opensslClient(server.port, pskArguments(name));
    await talk(client);
    expect(client.output).toContain(`Cipher is ${name}`);
    expect(client.output).toContain('Extended master secret: yes');
    expect(client.output).toContain('Secure Renegotiation IS supported');
    expect(server.peers.map(({ identity }) => identity)).toEqual([{ kind: 'psk', identity: 'dev1' }]);
    expect(server.received.map(({ text }) => text)).toEqual(['a line from OpenSSL\n']);
    await hangUp(client);
    await expect.poll(() => server.statistics.associations).toBe(0);
  });

  test.each(ecdsaSuites)('certificates on both sides with %s', async (name) => {
    const server = await OurServer.start();
    const client = opensslClient(server.port, x509Arguments(name));
    await talk(client);
    expect(client.output).toContain(`Cipher is ${name}`);
    expect(client.output).toContain('Verify return code: 0 (ok)');
    expect(server.peers[0]?.identity).toMatchObject({ kind: 'x509', commonName: 'dev1' });
  });

  test('CBC without Encrypt-then-MAC', async () => {
    const server = await OurServer.start();
    const client = opensslClient(server.port, ['-no_etm', ...pskArguments('PSK-AES128-CBC-SHA256')]);
    await talk(client);
    expect(server.received).toHaveLength(1);
  });

  test('a chain of certificates in fragments of 300 bytes', async () => {
    const server = await OurServer.start({ transport: { mtu: 300 } });
    const chain = ['-mtu', '300', '-cert_chain', file('issuer.crt')];
    const client = opensslClient(server.port, [...chain, ...x509Arguments('ECDHE-ECDSA-AES128-CCM8', 'chained')]);
    await talk(client);
    expect(server.peers[0]?.identity).toMatchObject({ kind: 'x509', commonName: 'dev2' });
  });

  test('certificate and key exchange with P-384', async () => {
    const credential = loadCredential({ privateKey: pem('server384.key'), certificate: pem('server384.crt') });
    const server = await OurServer.start({ server: { credential } });
    const client = opensslClient(server.port, ['-groups', 'P-384', ...x509Arguments('ECDHE-ECDSA-AES128-GCM-SHA256')]);
    await talk(client);
    expect(client.output).toContain('Server Temp Key: ECDH, secp384r1, 384 bits');
  });

  test('the certificate of the name that is asked for', async () => {
    const one = loadCredential({ privateKey: pem('server.key'), certificate: pem('server.crt') });
    const other = loadCredential({ privateKey: pem('server384.key'), certificate: pem('server384.crt') });
    const credential = (name: string | undefined): OwnCredential => (name === 'other.example' ? other : one);
    const server = await OurServer.start({ server: { credential } });
    const given = x509Arguments('ECDHE-ECDSA-AES128-GCM-SHA256');
    const client = opensslClient(server.port, ['-servername', 'other.example', ...given]);
    await talk(client);
    expect(client.output).toContain('id-ecPublicKey, 384 (bit)');
    const elsewhere = opensslClient(server.port, ['-servername', 'one.example', ...given]);
    await talk(elsewhere);
    expect(elsewhere.output).toContain('id-ecPublicKey, 256 (bit)');
  });

  test('a client of DTLS 1.0 is refused', async () => {
    const server = await OurServer.start();
    const args = ['s_client', '-dtls1', '-connect', `127.0.0.1:${server.port}`, ...pskArguments('PSK')];
    const client = PeerProcess.start({ file: 'openssl', args });
    await client.says(/protocol version/);
    expect(server.peers).toEqual([]);
  });

  test('CBC is refused when nobody has asked for it', async () => {
    const server = await OurServer.start({ defaultSuites: true });
    const client = opensslClient(server.port, pskArguments('PSK-AES128-CBC-SHA256'));
    await client.says(/handshake failure/);
    expect(server.peers).toEqual([]);
  });

  test('a client without a suite of ours is refused', async () => {
    const server = await OurServer.start();
    const client = opensslClient(server.port, pskArguments('PSK-AES256-CCM8'));
    await client.says(/handshake failure|insufficient security/);
    expect(server.peers).toEqual([]);
  });

  test('the client is told when our server ends', async () => {
    const server = await OurServer.start();
    const client = opensslClient(server.port, pskArguments('PSK-AES128-CCM8'));
    await talk(client);
    await server.close();
    expect(await client.ended).toBe(0);
  });

  test('a client without a certificate is refused', async () => {
    const server = await OurServer.start();
    const client = opensslClient(server.port, [...trust, ...cipher('ECDHE-ECDSA-AES128-CCM8')]);
    await client.says(/handshake failure|alert/);
    await expect.poll(() => server.failures.length).toBe(1);
    expect(server.peers).toEqual([]);
  });

  test('a client with a certificate of somebody else is refused', async () => {
    const server = await OurServer.start();
    const client = opensslClient(server.port, x509Arguments('ECDHE-ECDSA-AES128-CCM8', 'stranger'));
    await client.says(/unknown ca/);
    expect(server.failures.map(({ message }) => message)).toHaveLength(1);
    expect(server.peers).toEqual([]);
  });

  test.each([
    ['a wrong key', pskArguments('PSK-AES128-CCM8', '00112233')],
    ['an unknown identity', pskArguments('PSK-AES128-CCM8', psk.hex, 'nobody')],
  ])('%s fails', async (_, given) => {
    const server = await OurServer.start();
    opensslClient(server.port, given);
    await expect.poll(() => server.failures.length).toBe(1);
    expect(server.peers).toEqual([]);
  });

  test.each([
    ['its session id', ['-no_ticket']],
    ['a ticket', []],
  ])('a session is resumed by %s', async (_, more) => {
    const server = await OurServer.start();
    const session = temporaryFile('session.pem');
    const first = opensslClient(server.port, [...more, ...pskArguments('PSK-AES128-CCM8'), '-sess_out', session]);
    await talk(first);
    await hangUp(first);
    const second = opensslClient(server.port, [...more, ...pskArguments('PSK-AES128-CCM8'), '-sess_in', session]);
    await talk(second, 'once more');
    expect(second.output).toContain('Reused, TLSv1.2, Cipher is PSK-AES128-CCM8');
    expect(server.statistics.handshakesResumed).toBe(1);
    expect(server.peers[1]?.identity).toEqual({ kind: 'psk', identity: 'dev1' });
  });

  test('a session with certificates is resumed, the identity with it', async () => {
    const server = await OurServer.start();
    const session = temporaryFile('session.pem');
    const given = x509Arguments('ECDHE-ECDSA-AES128-GCM-SHA256');
    const first = opensslClient(server.port, [...given, '-sess_out', session]);
    await talk(first);
    await hangUp(first);
    const second = opensslClient(server.port, [...given, '-sess_in', session]);
    await talk(second, 'once more');
    expect(second.output).toContain('Reused, TLSv1.2');
    expect(server.peers[1]?.identity).toEqual(server.peers[0]?.identity);
  });

  test('renegotiation is refused', async () => {
    const server = await OurServer.start();
    const client = opensslClient(server.port, pskArguments('PSK-AES128-CCM8'));
    await talk(client);
    client.write('R\n');
    await client.says(/no renegotiation/i);
    expect(server.peers).toHaveLength(1);
  });
});

describePeer("our client and OpenSSL's server", opensslMissing(), () => {
  const pskServer = (name: string): string[] => [
    '-nocert',
    '-psk_identity',
    psk.identity,
    '-psk',
    psk.hex,
    ...cipher(name),
  ];
  const x509Server = (name: string): string[] => [
    ...certificate('server'),
    ...trust,
    ...['-Verify', '2', '-verify_return_error'],
    ...cipher(name),
  ];

  async function exchange(client: OurClient, server: PeerProcess): Promise<void> {
    const answer = client.next();
    client.send('a line from us\n');
    await server.says(/a line from us/);
    server.write('an answer\n');
    expect((await answer).toString()).toBe('an answer\n');
  }

  test.each(pskSuites)('PSK with %s', async (name, suite) => {
    const server = await opensslServer(pskServer(name));
    const client = await OurClient.connect(server.port, suite, pskClient);
    await exchange(client, server.process);
    expect(server.process.output).toContain(`CIPHER is ${name}`);
    await client.close();
    await server.process.says(/DONE|shutting down|CONNECTION CLOSED/i);
  });

  test.each(ecdsaSuites)('certificates on both sides with %s', async (name, suite) => {
    const server = await opensslServer(x509Server(name));
    const client = await OurClient.connect(server.port, suite, x509Client());
    await exchange(client, server.process);
    expect(server.process.output).toMatch(/subject=CN = dev1/);
    expect(client.peer.identity).toMatchObject({ kind: 'x509', commonName: 'localhost' });
  });

  test('certificates in fragments of 300 bytes', async () => {
    const server = await opensslServer([...x509Server('ECDHE-ECDSA-AES128-CCM8'), '-mtu', '300']);
    const client = await OurClient.connect(server.port, 'ECDHE_ECDSA_WITH_AES_128_CCM_8', x509Client(), { mtu: 300 });
    await exchange(client, server.process);
  });

  test('a server whose certificate is of somebody else is refused', async () => {
    const server = await opensslServer([...certificate('stranger'), ...cipher('ECDHE-ECDSA-AES128-CCM8')]);
    const connecting = OurClient.connect(server.port, 'ECDHE_ECDSA_WITH_AES_128_CCM_8', x509Client());
    await expect(connecting).rejects.toMatchObject({ code: 'ERR_DTLS_AUTHENTICATION' });
    await server.process.says(/unknown ca/);
  });

  test('a server whose certificate is for another name is refused', async () => {
    const server = await opensslServer(x509Server('ECDHE-ECDSA-AES128-CCM8'));
    const elsewhere = { ...x509Client(), serverName: 'elsewhere.example' };
    const connecting = OurClient.connect(server.port, 'ECDHE_ECDSA_WITH_AES_128_CCM_8', elsewhere);
    await expect(connecting).rejects.toMatchObject({ code: 'ERR_DTLS_AUTHENTICATION' });
  });

  test('a wrong key fails', async () => {
    const server = await opensslServer(pskServer('PSK-AES128-CCM8'));
    const wrong = { psk: { identity: psk.identity, key: Uint8Array.of(1, 2, 3, 4) } };
    const limits = { handshakeMs: 3_000 };
    const connecting = OurClient.connect(server.port, 'PSK_WITH_AES_128_CCM_8', wrong, { limits });
    await expect(connecting).rejects.toMatchObject({ name: 'DtlsError' });
  });

  test.each([
    ['its session id', ['-no_ticket']],
    ['a ticket', []],
  ])('a session is resumed by %s', async (_, more) => {
    const server = await opensslServer([...more, ...pskServer('PSK-AES128-CCM8')]);
    const suite = 'PSK_WITH_AES_128_CCM_8';
    const { client, session } = rememberingClient();
    const first = await OurClient.connect(server.port, suite, client);
    await exchange(first, server.process);
    // The socket of s_server stays with the address of its first client.
    const transport = udpTransport({ host: HOST, port: first.port });
    await first.close();
    await server.process.says(/DONE|shutting down|CONNECTION CLOSED/i);
    server.process.output = '';
    const again = { ...pskClient, session: session() };
    const second = await OurClient.connect(server.port, suite, again, { transport });
    await exchange(second, server.process);
    expect(server.process.output).toContain('Reused session-id');
    expect(second.statistics.handshakesResumed).toBe(1);
  });

  test('a server that asks for renegotiation gets none', async () => {
    const server = await opensslServer(pskServer('PSK-AES128-CCM8'));
    const client = await OurClient.connect(server.port, 'PSK_WITH_AES_128_CCM_8', pskClient);
    await exchange(client, server.process);
    server.process.write('r\n');
    await server.process.says(/no renegotiation|SSL_do_handshake/i);
    expect(client.statistics.handshakes).toBe(0);
  });
});
