import { loadCredential } from '@flownexus/dtls';
import { testCertificate } from '@flownexus/dtls/testing';
import { MemoryCredentialStore } from '@flownexus/lwm2m-server';
import { expect, test } from 'vitest';
import { ENDPOINT_NAME, Testbed, type Security } from './testbed.ts';

/** The device has registered under this identity, and is read. */
async function registersAndIsRead(security: Security, identity: object): Promise<void> {
  const bed = new Testbed({ security });
  await bed.start();
  expect(bed.events).toEqual(['registered']);
  expect(bed.device.registration).toMatchObject({ endpointName: ENDPOINT_NAME, lifetime: 86_400, identity });
  expect(await bed.values('/3/0')).toMatchObject({ '/3/0/0': 'FlowNexus', '/3/0/16': 'U' });
  // RFC 6347 §4.1: records of the version 1.2 and nothing else, such as plain CoAP.
  expect(bed.network.log.every(({ bytes }) => (bytes[0] ?? 0) >= 20 && (bytes[0] ?? 0) <= 25)).toBe(true);
  expect(bed.failures).toEqual([]);
}

test('1.1-int-401 UDP Channel Security - PSK Mode', async () => {
  const key = new TextEncoder().encode('sixteen byte key');
  const credentials = new MemoryCredentialStore();
  credentials.set(ENDPOINT_NAME, { mode: 'psk', identity: 'ets-identity', key });
  await registersAndIsRead(
    {
      credentials,
      server: { psk: (identity) => credentials.pskKey(identity) },
      client: { psk: { identity: 'ets-identity', key } },
    },
    { kind: 'psk', identity: 'ets-identity' },
  );
});

const authority = testCertificate({ commonName: 'authority', authority: true });
const ofServer = testCertificate({ commonName: 'server', issuer: authority, names: ['server.example.com'] });
const ofDevice = testCertificate({ commonName: ENDPOINT_NAME, issuer: authority });

/** The server is server.example.com; the device wants a server of this name. */
function byCertificate(serverName: string): Security {
  const credentials = new MemoryCredentialStore();
  credentials.set(ENDPOINT_NAME, { mode: 'x509', commonName: ENDPOINT_NAME });
  const x509 = { roots: [authority.der] };
  const credential = ({ privateKey, der }: typeof ofServer): ReturnType<typeof loadCredential> =>
    loadCredential({ privateKey, certificate: der });
  return {
    credentials,
    server: { credential: credential(ofServer), x509 },
    client: { credential: credential(ofDevice), x509, serverName },
  };
}

test('1.1-int-402 UDP Channel Security - Certificate Mode', async () => {
  await registersAndIsRead(byCertificate('server.example.com'), { kind: 'x509', commonName: ENDPOINT_NAME });
});

test('1.1-int-403 Certificate mode, server identity failure', async () => {
  const troubles: string[] = [];
  const bed = new Testbed({
    security: byCertificate('other.example.com'),
    client: { onTrouble: ({ message }) => troubles.push(message) },
  });
  await bed.server.start();
  const starting = expect(bed.client.start()).rejects.toMatchObject({ code: 'ERR_LWM2M_CLIENT_STOPPED' });
  await bed.pass(1);
  expect([bed.events, bed.device.registration]).toEqual([[], undefined]);
  const reason = 'the certificate "CN=server" is not that of the server that was asked for';
  expect(bed.failures.map((failure) => [failure.role, failure.reason.message])).toEqual([
    ['client', reason],
    ['server', 'the peer ended the handshake: bad_certificate'],
  ]);
  expect(troubles).toEqual([reason]);
  await bed.run(bed.client.close());
  await starting;
});
