import { udpTransport } from '@flownexus/datagram';
import { type DtlsClientOptions, dtlsTransport, type DtlsTransport, loadCredential } from '@flownexus/dtls';
import { testCertificate } from '@flownexus/dtls/testing';
import type { Lwm2mClientOptions } from '@flownexus/lwm2m-client';
import { expect, test, vi } from 'vitest';
import { exportEndpointRoute } from '../../src/endpoints/export-endpoint.ts';
import { alteredCertificate } from '../support/altered-certificate.ts';
import { OpenSsl } from '../support/openssl.ts';
import { onEachDatabase, testDatabase } from '../support/test-database.ts';
import { testLwm2m, type TestLwm2mOptions } from '../support/test-lwm2m.ts';
import { testRoutes } from '../support/test-routes.ts';

const eventually = { timeout: 5_000, interval: 20 };
const openssl = (): OpenSsl => new OpenSsl();

interface Item {
  readonly serial: string;
  readonly endpoint: string | null;
  readonly state: string;
  readonly fingerprint: string;
  readonly pem: string;
}

/** Both servers with an authority, and devices that have certificates of it. */
async function scene(options: TestLwm2mOptions = {}) {
  const lwm2m = await testLwm2m(options);
  const { call, addresses, newClient, side } = lwm2m;
  const issue = async (name: string, request = openssl().request('device', `/CN=${name.replaceAll('/', '\\/')}`)) => {
    const { status, body, text } = await call('POST', `/api/v1/endpoints/${encodeURIComponent(name)}/certificates`, { csr: request.csr }); // prettier-ignore
    expect(status, text).toBe(201);
    return { ...(body as Item), key: request.key };
  };
  const root = async () =>
    (await call('GET', '/api/v1/certificates/authority', undefined, { 'x-permissions': 'none' })).text;
  const device = async (name: string, client: DtlsClientOptions, changes: Partial<Lwm2mClientOptions> = {}) => {
    const trust = { x509: { roots: [await root()] }, ...client };
    const transport: DtlsTransport = dtlsTransport({
      transport: udpTransport({ host: '127.0.0.1' }),
      client: trust,
      limits: { handshakeMs: 1_500 },
    });
    return { transport, client: newClient(name, { transport, server: addresses.lwm2m.coaps, ...changes }) };
  };
  /** Why a device does not come in. */
  const refusal = async (name: string, options: DtlsClientOptions): Promise<string> => {
    const troubles: string[] = [];
    const { client } = await device(name, options, { onTrouble: ({ message }) => void troubles.push(message) });
    const started = client.start().catch((error: unknown) => void troubles.push(String(error)));
    await vi.waitFor(() => expect(troubles).not.toEqual([]), eventually);
    await client.close();
    await started;
    return troubles[0] ?? '';
  };
  const isRegistered = (name: string): boolean => side.server.registration(name) !== undefined;
  const items = async (query = ''): Promise<Item[]> => {
    const { status, body, text } = await call('GET', `/api/v1/certificates${query}`);
    expect(status, text).toBe(200);
    return (body as { items: Item[] }).items;
  };
  return { ...lwm2m, issue, root, device, refusal, isRegistered, items };
}

const proving = ({ key, pem }: { readonly key: string; readonly pem: string }): DtlsClientOptions => ({
  credential: loadCredential({ privateKey: key, certificate: pem }),
});

onEachDatabase('certificates', (kind) => {
  test('are issued, listed in pages, shown, revoked once, and on the list of what was revoked', async () => {
    const { issue, items, call, audited, root } = await scene({ kind });
    const [a, b, c] = [await issue('a/b'), await issue('b'), await issue('a/b')];
    expect((await items()).map(({ serial }) => serial)).toEqual([c.serial, b.serial, a.serial]);
    expect((await items('?endpoint=a%2Fb&state=valid')).map(({ serial }) => serial)).toEqual([c.serial, a.serial]);
    const { body: page } = await call('GET', '/api/v1/certificates?limit=2');
    const { nextCursor } = page as { nextCursor: string };
    expect((await items(`?limit=2&cursor=${nextCursor}`)).map(({ serial }) => serial)).toEqual([a.serial]);
    const far = new Date(Date.now() + 800 * 86_400_000).toISOString();
    expect(await items(`?endsBefore=${far}`)).toHaveLength(3);
    expect(await items('?endsBefore=2026-01-01')).toEqual([]);
    const csv = await call('GET', '/api/v1/certificates', undefined, { accept: 'text/csv' });
    expect(csv.text.split('\r\n')[0]).toBe('serial,endpoint,state,fingerprint,notBefore,notAfter,issuedAt,issuedBy,revokedAt,revokedBy,reason'); // prettier-ignore

    const shown = await call('GET', `/api/v1/certificates/${a.serial}`);
    expect(shown).toMatchObject({
      status: 200,
      body: { endpoint: 'a/b', state: 'valid', issuedBy: 'anna', pem: a.pem },
    });
    const pem = await call('GET', `/api/v1/certificates/${a.serial}`, undefined, { accept: 'application/x-pem-file' });
    expect(pem).toMatchObject({ status: 200, text: a.pem, headers: { 'content-type': 'application/x-pem-file' } });
    expect(await call('GET', '/api/v1/certificates/00')).toMatchObject({ status: 404 });
    expect(await call('GET', '/api/v1/certificates/none')).toMatchObject({ status: 400 });

    const revoke = (serial: string, body?: object) => call('POST', `/api/v1/certificates/${serial}/revoke`, body);
    const colons = a.serial.toUpperCase().replaceAll(/(..)(?=.)/g, '$1:');
    expect(await revoke(colons, { reason: 'superseded' })).toMatchObject({ status: 200, body: { state: 'revoked', reason: 'superseded', revokedBy: 'anna' } }); // prettier-ignore
    expect(await revoke(a.serial, { reason: 'keyCompromise' })).toMatchObject({
      status: 200,
      body: { reason: 'superseded' },
    });
    expect(await revoke('00', {})).toMatchObject({ status: 404 });
    expect(await revoke(b.serial, { reason: 'removeFromCRL' })).toMatchObject({ status: 400 });
    expect(audited.map(({ action, detail }) => [action, detail?.['changed']])).toEqual([
      ['issueCertificate', undefined],
      ['issueCertificate', undefined],
      ['issueCertificate', undefined],
      ['revokeCertificate', true],
      ['revokeCertificate', false],
    ]);

    const tool = openssl();
    tool.file('ca.crt', await root());
    const list = async (): Promise<string> => {
      const { text } = await call('GET', '/api/v1/certificates/crl?format=pem', undefined, { 'x-permissions': 'none' });
      tool.file('list.pem', text);
      return tool.result('crl', '-in', 'list.pem', '-noout', '-text', '-CAfile', 'ca.crt', '-verify').text;
    };
    const numberOf = (text: string) => Number(/CRL Number: *\n *(\d+)/.exec(text)?.[1]);
    const first = await list();
    expect(first).toContain('verify OK');
    expect(first).toContain(`Serial Number: ${a.serial.toUpperCase()}`);
    expect(first).not.toContain(b.serial.toUpperCase());
    expect(numberOf(await list())).toBe(numberOf(first));
    await revoke(b.serial);
    const second = await list();
    expect(second).toContain(b.serial.toUpperCase());
    expect(numberOf(second)).toBe(numberOf(first) + 1);
    expect(await items('?state=revoked')).toHaveLength(2);
  });

  test('of an endpoint that is deleted are revoked, and it may come without one again', async () => {
    const { issue, items, call, device, isRegistered, newClient } = await scene({ kind });
    const issued = await issue('dev');
    const { client, transport } = await device('dev', proving(issued));
    await client.start();
    await expect(newClient('dev').start()).rejects.toThrow('4.03');
    expect(await call('DELETE', '/api/v1/endpoints/dev')).toMatchObject({ status: 204 });
    await vi.waitFor(() => expect(transport.statistics.associations).toBe(0), eventually);
    expect(await items()).toMatchObject([{ serial: issued.serial, endpoint: null, state: 'revoked', reason: 'cessationOfOperation' }]); // prettier-ignore
    await client.close();
    await newClient('dev').start();
    expect(isRegistered('dev')).toBe(true);
  });

  test('and associations that were made with them do not come back after a restart', async () => {
    const database = await testDatabase(kind);
    const { issue, device, certificates } = await scene({ database });
    const issued = await issue('dev');
    const { client } = await device('dev', proving(issued));
    await client.start();
    const stored = () => database.reads.selectFrom('DtlsAssociation').select('identity_key').execute();
    await vi.waitFor(async () => expect(await stored()).toEqual([{ identity_key: `fingerprint ${issued.fingerprint}` }]), eventually); // prettier-ignore
    await certificates.release('dev');
    await vi.waitFor(async () => expect(await stored()).toEqual([]), eventually);
  });
});

test('the first certificate of an endpoint ends what it has registered without', async () => {
  const { issue, newClient, isRegistered, device } = await scene();
  await newClient('dev').start();
  const issued = await issue('dev');
  await vi.waitFor(() => expect(isRegistered('dev')).toBe(false), eventually);
  const { client } = await device('dev', proving(issued));
  await client.start();
  expect(isRegistered('dev')).toBe(true);
});

test('a certificate counts beside a pre-shared key, and is for its endpoint alone', async () => {
  const { issue, call, device, refusal, isRegistered } = await scene();
  const key = '000102030405060708090a0b0c0d0e0f';
  expect(await call('PUT', '/api/v1/endpoints/dev/credentials', { mode: 'psk', identity: 'id', key })).toMatchObject({ status: 201 }); // prettier-ignore
  const issued = await issue('dev');
  const { client } = await device('dev', proving(issued));
  await client.start();
  expect(await refusal('other', proving(issued))).toContain('4.00 the identity belongs to another endpoint');
  await call('POST', `/api/v1/certificates/${issued.serial}/revoke`, {});
  await vi.waitFor(() => expect(isRegistered('dev')).toBe(false), eventually);
  expect(await refusal('dev', proving(issued))).toContain('certificate_revoked');
  const psk = await device('dev', { psk: { identity: 'id', key: new Uint8Array(Buffer.from(key, 'hex')) } });
  await psk.client.start();
  expect(isRegistered('dev')).toBe(true);
});

test("one that was made to look like another by its owner is nobody's, whatever credential has its common name", async () => {
  const { issue, call, refusal } = await scene();
  expect(await call('PUT', '/api/v1/endpoints/other/credentials', { mode: 'x509', commonName: 'dev' })).toMatchObject({ status: 201 }); // prettier-ignore
  const issued = await issue('dev');
  const altered = proving({ key: issued.key, pem: alteredCertificate(issued.pem) });
  expect(await refusal('other', altered)).toContain('access_denied');
  await call('POST', `/api/v1/certificates/${issued.serial}/revoke`, {});
  expect(await refusal('other', altered)).toContain('certificate_revoked');
});

test.each([
  ['no csr', {}, 400, /^body\.csr/],
  ['another field', { csr: 'x', name: 'dev' }, 400, /name/],
  ['no days', { csr: 'x', days: 0 }, 400, /^body\.days/],
  ['what is no request', { csr: 'x' }, 422, /^it is no certification request/],
  ['a csr that is too large', { csr: 'A'.repeat(12_289) }, 400, /^body\.csr/],
])('a body with %s is refused with the reason, and nothing is stored', async (_name, body, status, detail) => {
  const { call, items } = await scene();
  const answer = await call('POST', '/api/v1/endpoints/dev/certificates', body);
  expect(answer).toMatchObject({ status, body: { detail: expect.stringMatching(detail) as string } });
  expect(answer.body).toMatchObject({ errors: [{ path: expect.stringContaining('body') as string }] });
  expect(await items()).toEqual([]);
});

test('refused are names that are too long for a certificate, keys that were compromised, and too many', async () => {
  const { call, issue, items } = await scene();
  const post = (name: string, csr: string, days?: number) => call('POST', `/api/v1/endpoints/${encodeURIComponent(name)}/certificates`, { csr, ...(days && { days }) }); // prettier-ignore
  const request = openssl().request('device', '/');
  expect(await post('x'.repeat(65), request.csr)).toMatchObject({ status: 422, body: { detail: expect.stringContaining('64 characters') as string } }); // prettier-ignore
  expect(await post('dev', request.csr, 7_300)).toMatchObject({ status: 201 });
  const { serial } = await issue('dev', request);
  expect(await call('POST', `/api/v1/certificates/${serial}/revoke`, { reason: 'keyCompromise' })).toMatchObject({ body: { serial, state: 'revoked' } }); // prettier-ignore
  // Whoever has the key has it for both.
  expect((await items()).map(({ state }) => state)).toEqual(['revoked', 'revoked']);
  expect(await post('dev', request.csr)).toMatchObject({ status: 422, body: { detail: 'a certificate for this key was revoked as compromised' } }); // prettier-ignore
  const other = openssl().request('device', '/');
  for (let count = 0; count < 20; count += 1) expect(await post('dev', other.csr)).toMatchObject({ status: 201 });
  expect(await post('dev', other.csr)).toMatchObject({ status: 422, body: { detail: expect.stringContaining('20 valid certificates') as string } }); // prettier-ignore
});

test('an authority that is added is trusted at once, and what it made possible ends when it is taken away', async () => {
  const { call, refusal, device, isRegistered, issue, database } = await scene();
  const foreign = testCertificate({ commonName: 'foreign authority', authority: true });
  const { privateKey, der } = testCertificate({ commonName: 'urn:dev:1', issuer: foreign });
  const options: DtlsClientOptions = { credential: loadCredential({ privateKey, certificate: der }) };
  await call('PUT', '/api/v1/endpoints/dev/credentials', { mode: 'x509', commonName: 'urn:dev:1' });
  expect(await refusal('dev', options)).toContain('unknown_ca');
  const added = await call('POST', '/api/v1/certificates/roots', { pem: foreign.pem });
  expect(added).toMatchObject({
    status: 201,
    body: { subject: 'CN=foreign authority', source: 'api', createdBy: 'anna' },
  });
  expect(await call('POST', '/api/v1/certificates/roots', { pem: foreign.pem })).toMatchObject({ status: 409 });
  expect((await call('GET', '/api/v1/certificates/roots')).body).toMatchObject({ items: [{ pem: foreign.pem }] });
  const { client, transport } = await device('dev', options);
  await client.start();
  const own = await device('own', proving(await issue('own')));
  await own.client.start();

  const { fingerprint } = added.body as Item;
  expect(await call('DELETE', `/api/v1/certificates/roots/${fingerprint}`)).toMatchObject({ status: 204 });
  await vi.waitFor(() => expect(transport.statistics.associations).toBe(0), eventually);
  await vi.waitFor(() => expect(isRegistered('dev')).toBe(false), eventually);
  expect(await refusal('dev', options)).toContain('unknown_ca');
  expect(isRegistered('own')).toBe(true);
  expect(own.transport.statistics).toMatchObject({ associations: 1, handshakesStarted: 1 });
  const stored = await database.reads.selectFrom('TrustedRoot').selectAll().execute();
  expect(stored).toEqual([]);
  expect(await call('DELETE', `/api/v1/certificates/roots/${fingerprint}`)).toMatchObject({ status: 404 });
});

test.each([
  ['what is none', 'x', 'there is no certificate in it'],
  ['a key of RSA', testCertificate({ authority: true, rsa: true }).pem, 'the key of a certificate is not an EC key on P-256 or P-384'],
  ['a certificate of a device', testCertificate().pem, 'the certificate is not that of an authority'],
  ['two', testCertificate({ authority: true }).pem.repeat(2), 'expected one certificate'],
])('as an authority is refused %s', async (_name, pem, reason) => {
  const { call } = await scene();
  const answer = await call('POST', '/api/v1/certificates/roots', { pem });
  expect(answer).toMatchObject({ status: 400, body: { errors: [{ path: 'body.pem', message: reason }] } });
}); // prettier-ignore

test('the export of an endpoint has its certificates', async () => {
  const { issue, newClient, database } = await scene();
  await newClient('dev').start();
  const { serial } = await issue('dev');
  const { call } = await testRoutes([exportEndpointRoute({ database })]);
  const { text } = await call('GET', '/api/v1/endpoints/dev/export');
  const lines = text.trim().split('\n').map((line) => JSON.parse(line) as { kind: string }); // prettier-ignore
  expect(lines.filter(({ kind }) => kind === 'certificate')).toMatchObject([
    { serial, state: 'valid', issuedBy: 'anna' },
  ]);
});
