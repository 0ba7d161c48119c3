import { expect, test } from 'vitest';
import { der, file, psk } from './support/credentials.ts';
import { describePeer } from './support/describe-peer.ts';
import { gnutlsClient, gnutlsMissing, gnutlsPriority, gnutlsServer } from './support/gnutls.ts';
import { OurClient, pskClient, rememberingClient, rpkClient, x509Client } from './support/our-client.ts';
import { OurServer } from './support/our-server.ts';
import type { PeerProcess } from './support/peer-process.ts';

// What GnuTLS calls the ciphers, and our names without the key exchange.
const ciphers = [
  ['AES-128-CCM-8', 'AES_128_CCM_8'],
  ['AES-128-CCM', 'AES_128_CCM'],
  ['AES-128-GCM', 'AES_128_GCM_SHA256'],
  ['AES-128-CBC:+SHA256', 'AES_128_CBC_SHA256'],
] as const;

const suiteOf = (keyExchange: 'PSK' | 'ECDHE_ECDSA', name: string): string => `${keyExchange}_WITH_${name}`;

const pskArguments = (cipher: string, key: string = psk.hex): string[] => [
  ...['--pskusername', psk.identity, '--pskkey', key],
  ...['--priority', gnutlsPriority('PSK', cipher)],
];
const x509Arguments = (cipher: string): string[] => [
  ...['--x509cafile', file('ca.crt'), '--x509certfile', file('client.crt'), '--x509keyfile', file('client.key')],
  ...['--verify-hostname', 'localhost', '--priority', gnutlsPriority('ECDHE-ECDSA', cipher, 'CTYPE-X.509')],
];
const rawKeys = (cipher: string): string => gnutlsPriority('ECDHE-ECDSA', cipher, 'CTYPE-CLI-RAWPK', 'CTYPE-SRV-RAWPK');
const rpkArguments = (cipher: string): string[] => [
  // gnutls-cli can't check a raw public key but by trusting it on first use.
  ...['--insecure', '--rawpkkeyfile', file('client.key'), '--rawpkfile', file('client.pub')],
  ...['--priority', rawKeys(cipher)],
];

async function talk(client: PeerProcess, text = 'a line from GnuTLS'): Promise<void> {
  await client.says(/Simple Client Mode/);
  client.write(`${text}\n`);
  await client.says(new RegExp(text));
}

describePeer("our server and GnuTLS's client", gnutlsMissing(), () => {
  test.each(ciphers)('PSK with %s', async (cipher) => {
    const server = await OurServer.start();
    const client = gnutlsClient(server.port, pskArguments(cipher));
    await talk(client);
    expect(client.output).toContain('extended master secret, safe renegotiation');
    expect(server.peers.map(({ identity }) => identity)).toEqual([{ kind: 'psk', identity: 'dev1' }]);
    client.closeInput();
    await expect.poll(() => server.statistics.associations).toBe(0);
    expect(await client.ended).toBe(0);
  });

  test.each(ciphers)('certificates on both sides with %s', async (cipher) => {
    const server = await OurServer.start();
    const client = gnutlsClient(server.port, x509Arguments(cipher));
    await talk(client);
    expect(client.output).toContain('Status: The certificate is trusted.');
    expect(server.peers[0]?.identity).toMatchObject({ kind: 'x509', commonName: 'dev1' });
  });

  test.each(ciphers)('raw public keys on both sides with %s', async (cipher) => {
    const server = await OurServer.start();
    const client = gnutlsClient(server.port, rpkArguments(cipher));
    await talk(client);
    expect(client.output).toContain('Certificate type: Raw Public Key');
    expect(server.peers[0]?.identity).toEqual({ kind: 'rpk', publicKey: der('client.pub') });
  });

  test('CBC without Encrypt-then-MAC', async () => {
    const server = await OurServer.start();
    const client = gnutlsClient(server.port, [
      ...pskArguments('AES-128-CBC:+SHA256').slice(0, -1),
      gnutlsPriority('PSK', 'AES-128-CBC', 'SHA256:%NO_ETM'),
    ]);
    await talk(client);
    expect(client.output).not.toContain('encrypt-then-mac');
  });

  test('without the extended master secret', async () => {
    const server = await OurServer.start();
    const priority = ['--priority', gnutlsPriority('PSK', 'AES-128-CCM-8:%NO_SESSION_HASH')];
    const client = gnutlsClient(server.port, [...pskArguments('AES-128-CCM-8').slice(0, 4), ...priority]);
    await talk(client);
    expect(client.output).not.toContain('extended master secret');
  });

  test('the extended master secret can be demanded', async () => {
    const server = await OurServer.start({ transport: { requireExtendedMasterSecret: true } });
    const priority = ['--priority', gnutlsPriority('PSK', 'AES-128-CCM-8:%NO_SESSION_HASH')];
    const client = gnutlsClient(server.port, [...pskArguments('AES-128-CCM-8').slice(0, 4), ...priority]);
    await client.says(/Handshake failed/);
    expect(server.peers).toEqual([]);
  });

  test('certificates in fragments of 250 bytes', async () => {
    const server = await OurServer.start({ transport: { mtu: 300 } });
    const client = gnutlsClient(server.port, ['--mtu', '250', ...x509Arguments('AES-128-CCM-8')]);
    await talk(client);
    expect(server.peers[0]?.identity).toMatchObject({ kind: 'x509', commonName: 'dev1' });
  });

  test('a wrong key fails', async () => {
    const server = await OurServer.start();
    gnutlsClient(server.port, pskArguments('AES-128-CCM-8', '00112233'));
    await expect.poll(() => server.failures.length).toBe(1);
    expect(server.peers).toEqual([]);
  });

  test.each([
    ['its session id', ['--noticket']],
    ['a ticket', []],
  ])('a session is resumed by %s', async (_, more) => {
    const server = await OurServer.start();
    const client = gnutlsClient(server.port, ['--resume', ...more, ...pskArguments('AES-128-CCM-8')]);
    await client.says(/This is a resumed session/);
    await talk(client);
    expect(server.statistics.handshakesResumed).toBe(1);
  });

  test('renegotiation is refused', async () => {
    const server = await OurServer.start();
    const client = gnutlsClient(server.port, ['--rehandshake', ...pskArguments('AES-128-CCM-8')]);
    await client.says(/A TLS warning alert has been received/);
    expect(server.statistics.handshakesCompleted).toBe(1);
  });
});

describePeer("our client and GnuTLS's server", gnutlsMissing(), () => {
  const x509Server = (cipher: string): string[] => [
    ...['--x509cafile', file('ca.crt'), '--x509certfile', file('server.crt'), '--x509keyfile', file('server.key')],
    ...['--require-client-cert', '--priority', gnutlsPriority('ECDHE-ECDSA', cipher, 'CTYPE-X.509')],
  ];

  const pskServer = (cipher: string): string[] => [
    ...['--pskpasswd', file('psk.txt'), '--priority', gnutlsPriority('PSK', cipher)],
  ];

  test.each(ciphers)('PSK with %s', async (cipher, name) => {
    const server = await gnutlsServer(pskServer(cipher));
    const client = await OurClient.connect(server.port, suiteOf('PSK', name), pskClient);
    expect((await client.exchange('a line\n')).toString()).toBe('a line\n');
  });

  test.each(ciphers)('certificates on both sides with %s', async (cipher, name) => {
    const server = await gnutlsServer(x509Server(cipher));
    const client = await OurClient.connect(server.port, suiteOf('ECDHE_ECDSA', name), x509Client());
    expect((await client.exchange('a line\n')).toString()).toBe('a line\n');
    expect(client.peer.identity).toMatchObject({ kind: 'x509', commonName: 'localhost' });
  });

  test.each(ciphers)('raw public keys on both sides with %s', async (cipher, name) => {
    const keys = ['--rawpkkeyfile', file('server.key'), '--rawpkfile', file('server.pub')];
    const server = await gnutlsServer([...keys, '--require-client-cert', '--priority', rawKeys(cipher)]);
    const client = await OurClient.connect(server.port, suiteOf('ECDHE_ECDSA', name), rpkClient());
    expect((await client.exchange('a line\n')).toString()).toBe('a line\n');
    expect(client.peer.identity).toEqual({ kind: 'rpk', publicKey: der('server.pub') });
  });

  test('certificates in fragments of 250 bytes', async () => {
    const server = await gnutlsServer(['--mtu', '250', ...x509Server('AES-128-CCM-8')]);
    const client = await OurClient.connect(server.port, 'ECDHE_ECDSA_WITH_AES_128_CCM_8', x509Client(), { mtu: 300 });
    expect((await client.exchange('a line\n')).toString()).toBe('a line\n');
  });

  test.each([
    ['its session id', ['--noticket']],
    ['a ticket', []],
  ])('a session is resumed by %s', async (_, more) => {
    const server = await gnutlsServer([...more, ...pskServer('AES-128-CCM-8')]);
    const { client, session } = rememberingClient();
    const first = await OurClient.connect(server.port, 'PSK_WITH_AES_128_CCM_8', client);
    await first.exchange('a line\n');
    await first.close();
    const again = { ...pskClient, session: session() };
    const second = await OurClient.connect(server.port, 'PSK_WITH_AES_128_CCM_8', again);
    expect((await second.exchange('a line\n')).toString()).toBe('a line\n');
    expect(second.statistics.handshakesResumed).toBe(1);
  });
});
