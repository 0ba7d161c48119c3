import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { der, file, pem, psk } from './support/credentials.ts';
import { answerGet, getRequest } from './support/coap.ts';
import { describePeer } from './support/describe-peer.ts';
import { libcoapClient, libcoapMissing, libcoapServer, type LibcoapLibrary } from './support/libcoap.ts';
import { OurClient, pskClient, rpkClient, x509Client } from './support/our-client.ts';
import { OurServer } from './support/our-server.ts';

const coapServer = { answer: (request: Uint8Array) => answerGet(request, 'what libcoap gets') };

const pskArguments = ['-u', psk.identity, '-k', psk.text];
const x509Arguments = ['-c', file('client.crt'), '-j', file('client.key'), '-C', file('ca.crt')];

/** A file with a private key and its public key, which libcoap wants for raw public keys. */
function keyPair(name: string): string {
  const folder = mkdtempSync(join(tmpdir(), 'flownexus-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const path = join(folder, 'pair.pem');
  writeFileSync(path, pem(`${name}.pub`) + pem(`${name}.key`));
  return path;
}

const libraries: readonly LibcoapLibrary[] = ['openssl', 'gnutls'];

for (const library of libraries) {
  const rawKeysLack = library === 'openssl' ? 'OpenSSL 3.0 has none' : undefined;
  const suffix = rawKeysLack === undefined ? '' : ` (skipped: ${rawKeysLack})`;

  describePeer(`our server and libcoap's client with ${library}`, libcoapMissing(library), () => {
    test('PSK', async () => {
      const server = await OurServer.start(coapServer);
      expect(await libcoapClient(library, server.port, pskArguments)).toContain('what libcoap gets');
      expect(server.peers.map(({ identity }) => identity)).toEqual([{ kind: 'psk', identity: 'dev1' }]);
    });

    test('certificates on both sides', async () => {
      const server = await OurServer.start(coapServer);
      expect(await libcoapClient(library, server.port, x509Arguments)).toContain('what libcoap gets');
      expect(server.peers[0]?.identity).toMatchObject({ kind: 'x509', commonName: 'dev1' });
    });

    test.skipIf(rawKeysLack !== undefined)(`raw public keys on both sides${suffix}`, async () => {
      const server = await OurServer.start(coapServer);
      const output = await libcoapClient(library, server.port, ['-n', '-M', keyPair('client')]);
      expect(output).toContain('what libcoap gets');
      expect(server.peers[0]?.identity).toEqual({ kind: 'rpk', publicKey: der('client.pub') });
    });

    test('the second and the fourth datagram of the client are lost', async () => {
      const server = await OurServer.start(coapServer);
      const output = await libcoapClient(library, server.port, [...pskArguments, '-l', '2,4']);
      expect(output).toContain('what libcoap gets');
    });
  });

  describePeer(`our client and libcoap's server with ${library}`, libcoapMissing(library), () => {
    test('PSK', async () => {
      const server = await libcoapServer(library, ['-k', psk.text, '-h', '']);
      const client = await OurClient.connect(server.port, 'PSK_WITH_AES_128_CCM_8', pskClient);
      expect((await client.exchange(getRequest)).toString()).toContain('This is a test server made with libcoap');
    });

    test('certificates on both sides', async () => {
      const args = ['-c', file('server.crt'), '-j', file('server.key'), '-C', file('ca.crt')];
      const server = await libcoapServer(library, args);
      const client = await OurClient.connect(server.port, 'ECDHE_ECDSA_WITH_AES_128_GCM_SHA256', x509Client());
      expect((await client.exchange(getRequest)).toString()).toContain('This is a test server made with libcoap');
    });

    test.skipIf(rawKeysLack !== undefined)(`raw public keys on both sides${suffix}`, async () => {
      const server = await libcoapServer(library, ['-n', '-M', keyPair('server')]);
      const client = await OurClient.connect(server.port, 'ECDHE_ECDSA_WITH_AES_128_CCM_8', rpkClient());
      expect((await client.exchange(getRequest)).toString()).toContain('This is a test server made with libcoap');
      expect(client.peer.identity).toEqual({ kind: 'rpk', publicKey: der('server.pub') });
    });
  });
}
