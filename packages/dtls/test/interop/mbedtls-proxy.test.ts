import { lossyRule, seededRandom } from '@flownexus/datagram/testing';
import { expect, test } from 'vitest';
import { file, psk } from './support/credentials.ts';
import { describePeer } from './support/describe-peer.ts';
import {
  mbedtlsMissing,
  type MbedtlsOptions,
  mbedtlsProxy,
  mbedtlsServer,
  runMbedtlsClient,
} from './support/mbedtls.ts';
import { OurClient, pskClient, x509Client } from './support/our-client.ts';
import { OurServer, type OurServerOptions } from './support/our-server.ts';
import { UdpProxy } from './support/udp-proxy.ts';

const EXCHANGES = 5;

const hasty = { firstRetransmissionMs: 100, longestRetransmissionMs: 1_000, retransmissions: 20 };
const ours: OurServerOptions = { transport: { limits: hasty } };
const patient: MbedtlsOptions = { read_timeout: 150, max_resend: 40, hs_timeout: '100-10000', exchanges: EXCHANGES };

const pskOptions: MbedtlsOptions = {
  psk: psk.hex,
  psk_identity: psk.identity,
  force_ciphersuite: 'TLS-PSK-WITH-AES-128-CCM-8',
};
const withCid: MbedtlsOptions = { ...pskOptions, cid: 1, cid_val: '0102' };
const x509Options: MbedtlsOptions = {
  ca_file: file('ca.crt'),
  crt_file: file('client.crt'),
  key_file: file('client.key'),
  auth_mode: 'required',
  force_ciphersuite: 'TLS-ECDHE-ECDSA-WITH-AES-128-CCM-8',
};
const kinds = [
  ['PSK', pskOptions],
  ['PSK with Connection IDs', withCid],
  ['certificates', x509Options],
] as const;

async function through(port: number, options: MbedtlsOptions): Promise<void> {
  const output = await runMbedtlsClient(port, { ...options, ...patient });
  expect(output.match(/< Read from server/g)).toHaveLength(EXCHANGES);
}

describePeer("our server and Mbed TLS's client over a bad network", mbedtlsMissing(), () => {
  test.each([1, 2, 3].flatMap((seed) => kinds.map(([name, options]) => [name, seed, options] as const)))(
    'udp_proxy drops, delays and duplicates: %s, seed %i',
    async (_, seed, options) => {
      const server = await OurServer.start(ours);
      const proxy = await mbedtlsProxy(server.port, { drop: 5, delay: 4, duplicate: 3, seed });
      await through(proxy.port, options);
    },
  );

  test.each([
    ['damaged records', { bad_ad: 1 }, pskOptions],
    ['damaged records, certificates', { bad_ad: 1 }, x509Options],
    ['damaged Connection IDs', { bad_cid: 2 }, withCid],
    ['ClientHellos of somebody else', { inject_clihlo: 1 }, pskOptions],
    ['datagrams of at most 512 bytes', { mtu: 512 }, { ...x509Options, mtu: 512 }],
    ['ChangeCipherSpec that comes late', { delay_ccs: 1 }, pskOptions],
    ['ChangeCipherSpec that comes late, certificates', { delay_ccs: 1 }, x509Options],
    ['records packed into one datagram', { pack: 20 }, x509Options],
    ['a delayed ClientKeyExchange', { delay_cli: 'ClientKeyExchange' }, x509Options],
    ['a delayed Certificate', { delay_cli: 'Certificate' }, x509Options],
    ['a delayed CertificateVerify', { delay_cli: 'CertificateVerify' }, x509Options],
    ['a delayed ServerHello', { delay_srv: 'ServerHello' }, x509Options],
    ['a delayed Certificate of ours', { delay_srv: 'Certificate' }, x509Options],
    ['a delayed ServerKeyExchange', { delay_srv: 'ServerKeyExchange' }, x509Options],
    ['a delayed CertificateRequest', { delay_srv: 'CertificateRequest' }, x509Options],
    ['a delayed ServerHelloDone', { delay_srv: 'ServerHelloDone' }, x509Options],
    ['a delayed NewSessionTicket', { delay_srv: 'NewSessionTicket' }, x509Options],
  ])('udp_proxy: %s', async (_, proxyOptions, options) => {
    const server = await OurServer.start({ transport: { ...ours.transport, mtu: 512 } });
    const proxy = await mbedtlsProxy(server.port, { seed: 1, ...proxyOptions });
    await through(proxy.port, { dgram_packing: 0, ...options });
  });

  test.each([1, 2, 3, 4].flatMap((seed) => kinds.map(([name, options]) => [name, seed, options] as const)))(
    'a proxy that loses, doubles and reorders: %s, seed %i',
    async (_, seed, options) => {
      const server = await OurServer.start(ours);
      const rule = lossyRule(seededRandom(seed), { loss: 0.15, duplication: 0.2, jitterMs: 60 });
      const proxy = await UdpProxy.open(server.port, rule);
      await through(proxy.port, options);
    },
  );
});

describePeer("our client and Mbed TLS's server over a bad network", mbedtlsMissing(), () => {
  test.each([1, 2, 3])('PSK, seed %i', async (seed) => {
    const server = await mbedtlsServer({ ...withCid, hs_timeout: '100-10000' });
    const proxy = await mbedtlsProxy(server.port, { drop: 5, delay: 4, duplicate: 3, seed });
    const limits = { limits: hasty };
    await OurClient.connect(proxy.port, 'PSK_WITH_AES_128_CCM_8', { ...pskClient, connectionIdLength: 3 }, limits);
  });

  test.each([1, 2, 3])('certificates, seed %i', async (seed) => {
    const crt = { crt_file: file('server.crt'), key_file: file('server.key'), ca_file: file('ca.crt') };
    const server = await mbedtlsServer({ ...crt, auth_mode: 'required', hs_timeout: '100-10000' });
    const rule = lossyRule(seededRandom(seed), { loss: 0.15, duplication: 0.2, jitterMs: 60 });
    const proxy = await UdpProxy.open(server.port, rule);
    const suite = 'ECDHE_ECDSA_WITH_AES_128_CCM_8';
    const client = await OurClient.connect(proxy.port, suite, x509Client(), { limits: hasty });
    expect(client.peer.identity.kind).toBe('x509');
  });
});
