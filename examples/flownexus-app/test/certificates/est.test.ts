import { Code, CoapEndpoint, formatCode } from '@flownexus/coap';
import { systemClock, systemRandom, udpTransport } from '@flownexus/datagram';
import { type DtlsClientOptions, dtlsTransport, loadCredential } from '@flownexus/dtls';
import { expect, onTestFinished, test } from 'vitest';
import { OpenSsl } from '../support/openssl.ts';
import { testLwm2m, type TestLwm2mOptions } from '../support/test-lwm2m.ts';

const KEY = '000102030405060708090a0b0c0d0e0f';
const PSK: DtlsClientOptions = { psk: { identity: 'id', key: new Uint8Array(Buffer.from(KEY, 'hex')) } };

/** The bootstrap server with a credential of the endpoint `dev`, and requests to its EST. */
async function scene(options: TestLwm2mOptions = { certificates: { est: true } }) {
  const lwm2m = await testLwm2m(options);
  const { call, addresses } = lwm2m;
  await call('PUT', '/api/v1/bootstrap/dev/credentials', { mode: 'psk', identity: 'id', key: KEY });
  const root = (await call('GET', '/api/v1/certificates/authority')).text;
  const ask = async (client: DtlsClientOptions, method: number, name: string, payload?: Uint8Array) => {
    const transport = dtlsTransport({
      transport: udpTransport({ host: '127.0.0.1' }),
      client: { x509: { roots: [root] }, ...client },
      limits: { handshakeMs: 3_000 },
    });
    const coap = new CoapEndpoint({ transport, clock: systemClock, random: systemRandom });
    await coap.open();
    onTestFinished(() => coap.close());
    const { host, port } = addresses.bootstrap.coaps;
    const peer = await coap.connect(host, port);
    const path = ['.well-known', 'est', name];
    const content = payload === undefined ? {} : { contentFormat: 286, payload, accept: 287 };
    const answer = await coap.request(peer, { method, path, ...content });
    return { code: formatCode(answer.code), payload: answer.payload };
  };
  return { ...lwm2m, root, ask };
}

function request(subject: string): { readonly key: string; readonly der: Uint8Array } {
  const openssl = new OpenSsl();
  const { key } = openssl.request('dev', subject);
  openssl.run('req', '-in', 'dev.csr', '-outform', 'DER', '-out', 'dev.der');
  return { key, der: Uint8Array.from(Buffer.from(openssl.run('base64', '-A', '-in', 'dev.der'), 'base64')) };
}

test('a device that the bootstrap server knows is given its certificate, registers with it, and has it renewed', async () => {
  const { ask, call, newClient, addresses, side, root } = await scene();
  const { key, der } = request('/CN=dev');
  const first = await ask(PSK, Code.POST, 'sen', der);
  expect(first.code).toBe('2.04');
  expect((await call('GET', '/api/v1/certificates')).body).toMatchObject({ items: [{ endpoint: 'dev', state: 'valid', issuedBy: 'EST' }] }); // prettier-ignore

  const proving: DtlsClientOptions = { credential: loadCredential({ privateKey: key, certificate: first.payload }) };
  const client = { ...proving, x509: { roots: [root] } };
  const transport = dtlsTransport({ transport: udpTransport({ host: '127.0.0.1' }), client });
  await newClient('dev', { transport, server: addresses.lwm2m.coaps }).start();
  expect(side.server.registration('dev')?.identity).toMatchObject({ kind: 'x509', commonName: 'dev' });

  const second = await ask(proving, Code.POST, 'sren', request('/').der);
  expect(second.code).toBe('2.04');
  expect((await call('GET', '/api/v1/certificates?endpoint=dev')).body).toMatchObject({ items: [{}, {}] });
  expect((await ask(PSK, Code.GET, 'crts')).code).toBe('2.05');
});

test('a request for another endpoint is refused with the reason', async () => {
  const { ask } = await scene();
  const { code, payload } = await ask(PSK, Code.POST, 'sen', request('/CN=other').der);
  expect(code).toBe('4.03');
  expect(Buffer.from(payload).toString()).toBe('the request is for "other", and not for this endpoint');
  expect((await ask(PSK, Code.POST, 'sen', Uint8Array.of(0x30, 0))).code).toBe('4.03');
});

test('unless it is turned on there is nothing', async () => {
  const { ask } = await scene({});
  expect((await ask(PSK, Code.POST, 'sen', request('/CN=dev').der)).code).toBe('4.04');
});
