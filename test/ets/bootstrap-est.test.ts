import { sign, type KeyObject } from 'node:crypto';
import { Code, CoapEndpoint, formatCode, type CoapResponse, type IncomingRequest } from '@flownexus/coap';
import { seededRandom } from '@flownexus/datagram/testing';
import { dtlsTransport, loadCredential } from '@flownexus/dtls';
import { testCertificate, type TestCertificate } from '@flownexus/dtls/testing';
import { decodePayload } from '@flownexus/lwm2m-core';
import { MemoryCredentialStore, serverAccount, type EnrollmentRequest } from '@flownexus/lwm2m-server';
import { expect, test } from 'vitest';
import { BOOTSTRAP_SERVER, BootstrapBed, type ServerSecurity } from './bootstrap-bed.ts';
import { DEVICE, ENDPOINT_NAME, registry, SERVER, valuesOf } from './testbed.ts';

const NONE = new Uint8Array(0);
const CERTIFICATION_REQUEST = 286;
const CERTIFICATE = 287;

/** One element of DER with less than 64 KiB (X.690 §8.1). */
function der(tag: number, ...contents: readonly Uint8Array[]): Uint8Array {
  const content = Buffer.concat(contents);
  const length = content.length < 0x80 ? [content.length] : [0x82, content.length >> 8, content.length & 0xff];
  return Buffer.concat([Uint8Array.of(tag, ...length), content]);
}

/** A CertificationRequest (RFC 2986 §4) for the key and the name of a certificate. */
function certificationRequest({ publicKey, subject, privateKey }: TestCertificate): Uint8Array {
  const info = der(0x30, der(0x02, Uint8Array.of(0)), subject, publicKey, der(0xa0));
  const ecdsaWithSha256 = der(0x30, der(0x06, Uint8Array.of(0x2a, 0x86, 0x48, 0xce, 0x3d, 4, 3, 2)));
  return der(0x30, info, ecdsaWithSha256, der(0x03, Uint8Array.of(0), sign('sha256', info, privateKey)));
}

/** Servers to which devices prove certificates of an authority. */
function byCertificate(name: string, authority: TestCertificate): ServerSecurity {
  const own = testCertificate({ commonName: name, issuer: authority, addresses: [SERVER.host, BOOTSTRAP_SERVER.host] });
  const credentials = new MemoryCredentialStore();
  credentials.set(ENDPOINT_NAME, { mode: 'x509', commonName: ENDPOINT_NAME });
  const credential = loadCredential({ privateKey: own.privateKey, certificate: own.der });
  return { credentials, dtls: { credential, x509: { roots: [authority.der] } } };
}

/** A device on the level of CoAP: it asks a server over DTLS, and says to everything that it is asked that it is done. */
class EnrollingDevice {
  readonly #bed: BootstrapBed;
  readonly requests: IncomingRequest[] = [];
  #ports = DEVICE.port;

  constructor(bed: BootstrapBed) {
    this.#bed = bed;
  }

  /** Asks the server with this certificate, over an association of its own. */
  async connect(
    server: typeof SERVER,
    own: { readonly certificate: Uint8Array; readonly privateKey: KeyObject },
    root: Uint8Array,
  ): Promise<(request: Parameters<CoapEndpoint['request']>[1]) => Promise<CoapResponse>> {
    const { clock, network } = this.#bed;
    const transport = dtlsTransport({
      transport: network.transport({ host: DEVICE.host, port: ++this.#ports }),
      clock,
      random: seededRandom(this.#ports),
      client: { credential: loadCredential(own), x509: { roots: [root] } },
    });
    const endpoint = new CoapEndpoint({
      transport,
      clock,
      random: seededRandom(this.#ports + 100),
      onRequest: (request) => {
        this.requests.push(request);
        return { code: request.method === Code.DELETE ? Code.DELETED : Code.CHANGED };
      },
    });
    await endpoint.open();
    const peer = await clock.runUntil(transport.connect(server.host, server.port));
    return (request) => clock.runUntil(endpoint.request(peer, request));
  }
}

test('1.1-int-10 Client Initiated Bootstrap Full (EST)', async () => {
  const factory = testCertificate({ commonName: 'factory', authority: true });
  const operator = testCertificate({ commonName: 'operator', authority: true });
  const ofFactory = testCertificate({ commonName: ENDPOINT_NAME, issuer: factory });
  const pair = testCertificate({ commonName: ENDPOINT_NAME }); // made by the device: its key never leaves it
  const csr = certificationRequest(pair);
  const asked: EnrollmentRequest[] = [];
  const bed = new BootstrapBed({
    bootstrapSecurity: byCertificate('bootstrap', factory),
    serverSecurity: byCertificate('server', operator),
    bootstrap: {
      est: {
        authorities: [operator.der],
        sign: (request) => {
          asked.push(request);
          const { privateKey } = pair;
          return {
            certificate: testCertificate({ commonName: request.endpointName, issuer: operator, privateKey }).der,
          };
        },
      },
    },
    configuration: {
      deletes: [],
      instances: serverAccount({
        shortServerId: 1,
        uri: `coaps://${SERVER.host}:${SERVER.port}`,
        security: { mode: 'x509', certificate: NONE, secretKey: NONE, serverCertificate: operator.der },
        securityInstanceId: 0,
        serverInstanceId: 0,
      }),
    },
  });
  await bed.open();
  const device = new EnrollingDevice(bed);
  const bootstrap = await device.connect(
    BOOTSTRAP_SERVER,
    { certificate: ofFactory.der, privateKey: ofFactory.privateKey },
    factory.der,
  );

  const enrolled = await bootstrap({
    method: Code.POST,
    path: ['.well-known', 'est', 'sen'],
    contentFormat: CERTIFICATION_REQUEST,
    accept: CERTIFICATE,
    payload: csr,
  });

  expect([formatCode(enrolled.code), enrolled.contentFormat]).toEqual(['2.04', CERTIFICATE]);
  expect(asked).toMatchObject([{ operation: 'enroll', endpointName: ENDPOINT_NAME, identity: { kind: 'x509' } }]);
  expect(Buffer.compare(asked[0]?.certificationRequest ?? NONE, csr)).toBe(0);

  const begun = await bootstrap({ method: Code.POST, path: ['bs'], query: [`ep=${ENDPOINT_NAME}`] });
  await bed.clock.settle();
  await bed.clock.advanceAsync(1_000);

  expect(formatCode(begun.code)).toBe('2.04');
  expect(bed.events).toEqual(['bootstrap started', 'bootstrap finished']);
  expect(bed.steps()).toEqual(['write /0/0: 2.04', 'write /1/0: 2.04', 'finish /bs: 2.04']);
  const [write] = device.requests;
  const written = valuesOf(decodePayload(write?.payload ?? NONE, write?.contentFormat ?? 0, '/0/0', registry));
  expect(written).toMatchObject({ '/0/0/1': false, '/0/0/2': 2, '/0/0/3': NONE, '/0/0/5': NONE, '/0/0/10': 1 });
  expect(written['/0/0/4']).toEqual(operator.der);

  const own = { certificate: enrolled.payload, privateKey: pair.privateKey };
  const register = await device.connect(SERVER, own, operator.der);
  const query = [`ep=${ENDPOINT_NAME}`, 'lwm2m=1.1', 'lt=86400'];
  const payload = new TextEncoder().encode('</1/0>,</3/0>');
  const registered = await register({ method: Code.POST, path: ['rd'], query, contentFormat: 40, payload });

  expect(formatCode(registered.code)).toBe('2.01');
  expect(bed.server.registration(ENDPOINT_NAME)?.identity).toMatchObject({ kind: 'x509', commonName: ENDPOINT_NAME });
});
