import { generateKeyPairSync } from 'node:crypto';
import fc from 'fast-check';
import { VirtualClock } from '@flownexus/datagram/testing';
import { describe, expect, test } from 'vitest';
import type { X509Trust } from '../../src/api.ts';
import { certificatesIn } from '../../src/auth/pem.ts';
import { authorityNames, peerVerifier, type PeerVerifierOptions } from '../../src/auth/peer-verifier.ts';
import type { PeerVerdict } from '../../src/handshake/machine.ts';
import { CertificateType } from '../../src/messages/certificate.ts';
import { testCertificate, type TestCertificate } from '../../src/testing/test-certificate.ts';
import opensslChain from '../vectors/openssl-chain.json' with { type: 'json' };

const clock = new VirtualClock({ wallTime: Date.UTC(2030, 0) });
const root = testCertificate({ commonName: 'root', authority: true });
const CLIENT_AUTH = '1.3.6.1.5.5.7.3.2';
const SERVER_AUTH = '1.3.6.1.5.5.7.3.1';
const ANY_PURPOSE = '2.5.29.37.0';
const DAY = 86_400_000;

/** The verdict about a chain with the root as the only trust, unless told otherwise; it must come at once. */
function verdict(
  chain: readonly TestCertificate[],
  options: Partial<PeerVerifierOptions> & { trust?: X509Trust; serverName?: string } = {},
): PeerVerdict {
  const { trust = { roots: [root.der] }, serverName, ...others } = options;
  const verify = peerVerifier({ x509: trust, role: 'client', clock, ...others });
  const outcome = verify({ type: CertificateType.x509, chain: chain.map(({ der }) => der) }, serverName);
  if (outcome instanceof Promise) throw new Error('the verdict did not come at once');
  return outcome;
}

const refused = (alert: string, reason = ''): unknown => ({
  trusted: false,
  alert,
  reason: expect.stringContaining(reason) as unknown,
});

describe('a chain', () => {
  test('from a root: who the peer is, and its key', () => {
    const device = testCertificate({ commonName: 'dev1', issuer: root });
    const outcome = verdict([device]);
    expect(outcome).toMatchObject({
      trusted: true,
      identity: { kind: 'x509', certificate: device.der, commonName: 'dev1' },
    });
    if (!outcome.trusted || outcome.identity.kind !== 'x509') throw new Error('it is not trusted');
    expect(outcome.publicKey.export({ type: 'spki', format: 'der' })).toEqual(Buffer.from(device.publicKey));
    expect(outcome.identity.certificate.buffer).not.toBe(device.der.buffer);
    expect(outcome.identity.certificate.buffer.byteLength).toBe(device.der.length);
  });

  test('through authorities between, with the root or without it, on either curve and with either hash', () => {
    const middle = testCertificate({ commonName: 'm', authority: true, issuer: root, curve: 'P-384', hash: 'sha384' });
    const lower = testCertificate({ commonName: 'l', authority: true, issuer: middle, hash: 'sha384' });
    const device = testCertificate({ issuer: lower, curve: 'P-384' });
    expect(verdict([device, lower, middle])).toMatchObject({ trusted: true });
    expect(verdict([device, lower, middle, root])).toMatchObject({ trusted: true });
    expect(verdict([device], { trust: { roots: [lower.pem] } })).toMatchObject({ trusted: true });
    expect(verdict([device, lower], { trust: { roots: [`${root.pem}\n${middle.pem}`] } })).toMatchObject({
      trusted: true,
    });
  });

  test('that OpenSSL made', () => {
    const verify = peerVerifier({ x509: { roots: [opensslChain.root] }, role: 'client', clock });
    const chain = [opensslChain.device, opensslChain.issuer].flatMap((pem) => certificatesIn(pem));
    expect(verify({ type: CertificateType.x509, chain }, undefined)).toMatchObject({
      trusted: true,
      identity: { commonName: 'urn:dev:mac:0011223344556677' },
    });
  });

  test('of a certificate that is pinned, self-signed or not, and needs to be no authority', () => {
    const pinned = testCertificate({ commonName: 'dev1', keyUsage: null });
    expect(verdict([pinned], { trust: { roots: [pinned.der] } })).toMatchObject({ trusted: true });
    const issued = testCertificate({ commonName: 'dev2', issuer: root });
    expect(verdict([issued], { trust: { roots: [issued.der] } })).toMatchObject({ trusted: true });
    // It vouches for itself, for nobody else.
    const other = testCertificate({ commonName: 'dev3', issuer: pinned });
    expect(verdict([other], { trust: { roots: [pinned.der] } })).toEqual(refused('bad_certificate', 'authority'));
  });

  test('from one of several roots of the same name', () => {
    const renewed = testCertificate({ commonName: 'root', authority: true });
    const trust = { roots: [renewed.der, root.der] };
    expect(verdict([testCertificate({ issuer: root })], { trust })).toMatchObject({ trusted: true });
    expect(verdict([testCertificate({ issuer: renewed })], { trust })).toMatchObject({ trusted: true });
    const third = testCertificate({ commonName: 'root', authority: true });
    expect(verdict([testCertificate({ issuer: third })], { trust })).toEqual(refused('bad_certificate'));
  });

  test('with a root of another kind of signature on itself, which nobody has to believe', () => {
    const own = testCertificate({ commonName: 'sha512', authority: true, hash: 'sha512' });
    expect(verdict([testCertificate({ issuer: own })], { trust: { roots: [own.der] } })).toMatchObject({
      trusted: true,
    });
  });
});

describe('refused', () => {
  test('an unknown authority', () => {
    const other = testCertificate({ commonName: 'other', authority: true });
    expect(verdict([testCertificate({ issuer: other })])).toEqual(refused('unknown_ca'));
    expect(verdict([testCertificate({ issuer: other }), other])).toEqual(refused('unknown_ca'));
    expect(verdict([testCertificate()])).toEqual(refused('unknown_ca'));
  });

  test('a certificate without a subject, like any other', () => {
    expect(verdict([testCertificate({ commonName: [] })])).toEqual(refused('unknown_ca', 'without a name'));
    const other = testCertificate({ commonName: 'other', authority: true });
    expect(verdict([testCertificate({ commonName: [], issuer: other })])).toEqual(refused('unknown_ca'));
    const nameless = testCertificate({ commonName: [], issuer: root });
    expect(verdict([nameless])).toMatchObject({ trusted: true, identity: { commonName: undefined } });
  });

  test('an authority that only has the name of a trusted one', () => {
    const impostor = testCertificate({ commonName: 'root', authority: true });
    const device = testCertificate({ issuer: impostor });
    expect(verdict([device])).toEqual(refused('bad_certificate', 'was not issued by'));
    expect(verdict([device, impostor])).toEqual(refused('bad_certificate', 'was not issued by'));
  });

  test('a signature with one bit changed', () => {
    const device = testCertificate({ issuer: root });
    const der = Uint8Array.from(device.der);
    der[der.length - 1] = (der.at(-1) ?? 0) ^ 1;
    expect(verdict([{ ...device, der }])).toEqual(refused('bad_certificate'));
  });

  test('a signature with another hash, or with RSA', () => {
    expect(verdict([testCertificate({ issuer: root, hash: 'sha512' })])).toEqual(refused('unsupported_certificate'));
    const rsa = testCertificate({ commonName: 'rsa', authority: true, issuer: root, rsa: true });
    expect(verdict([testCertificate({ issuer: rsa }), rsa])).toEqual(refused('unsupported_certificate'));
  });

  test.each([
    ['not valid yet', { notBefore: clock.wallTime() + 1_000 }, 'is not valid yet'],
    ['expired', { notAfter: clock.wallTime() - 1_000 }, 'has expired'],
  ])('one that is %s, also an authority', (_name, times, reason) => {
    expect(verdict([testCertificate({ issuer: root, ...times })])).toEqual(refused('certificate_expired', reason));
    const middle = testCertificate({ commonName: 'm', issuer: root, authority: true, ...times });
    expect(verdict([testCertificate({ issuer: middle }), middle])).toEqual(refused('certificate_expired', reason));
    const old = testCertificate({ commonName: 'old', authority: true, ...times });
    expect(verdict([testCertificate({ issuer: old })], { trust: { roots: [old.der] } })).toEqual(
      refused('certificate_expired', reason),
    );
  });

  test('valid from its first to its last second', () => {
    const times = { notBefore: clock.wallTime(), notAfter: clock.wallTime() };
    expect(verdict([testCertificate({ issuer: root, ...times })])).toMatchObject({ trusted: true });
    const later = new VirtualClock({ wallTime: clock.wallTime() });
    later.advance(DAY);
    expect(verdict([testCertificate({ issuer: root, ...times })], { clock: later })).toEqual(
      refused('certificate_expired'),
    );
  });

  test('an issuer that is no authority', () => {
    const middle = testCertificate({ commonName: 'm', issuer: root, keyUsage: 0x8400 });
    expect(verdict([testCertificate({ issuer: middle }), middle])).toEqual(
      refused('bad_certificate', 'not that of an authority'),
    );
  });

  test('an authority whose key is not for signing certificates', () => {
    const middle = testCertificate({ commonName: 'm', issuer: root, authority: true, keyUsage: 0x8000 });
    expect(verdict([testCertificate({ issuer: middle }), middle])).toEqual(
      refused('bad_certificate', 'not for signing certificates'),
    );
    const unsaid = testCertificate({ commonName: 'm', issuer: root, authority: true, keyUsage: null });
    expect(verdict([testCertificate({ issuer: unsaid }), unsaid])).toMatchObject({ trusted: true });
  });

  test('more authorities than one above allows', () => {
    const narrow = testCertificate({ commonName: 'narrow', authority: true, pathLength: 0 });
    const trust = { roots: [narrow.der] };
    expect(verdict([testCertificate({ issuer: narrow })], { trust })).toMatchObject({ trusted: true });
    const middle = testCertificate({ commonName: 'm', issuer: narrow, authority: true });
    const device = testCertificate({ issuer: middle });
    expect(verdict([device, middle], { trust })).toEqual(refused('bad_certificate', 'longer than it allows'));
    // RFC 5280 §4.2.1.9: an authority that certifies its own next key does not count.
    const renewed = testCertificate({ commonName: 'narrow', issuer: narrow, authority: true });
    const below = testCertificate({ issuer: renewed });
    expect(verdict([below, renewed], { trust })).toMatchObject({ trusted: true });
  });

  test('a critical extension that nobody understands, also of an authority', () => {
    const extensions = [{ id: '2.5.29.30', critical: true, value: Uint8Array.of(0x30, 0) }]; // name constraints
    expect(verdict([testCertificate({ issuer: root, extensions })])).toEqual(
      refused('unsupported_certificate', '2.5.29.30'),
    );
    const middle = testCertificate({ commonName: 'm', issuer: root, authority: true, extensions });
    expect(verdict([testCertificate({ issuer: middle }), middle])).toEqual(refused('unsupported_certificate'));
    const harmless = [{ id: '2.5.29.32', critical: false, value: Uint8Array.of(0x30, 0) }]; // policies
    expect(verdict([testCertificate({ issuer: root, extensions: harmless })])).toMatchObject({ trusted: true });
  });

  test('a key that is not for signatures', () => {
    expect(verdict([testCertificate({ issuer: root, keyUsage: 0x0800 })])).toEqual(refused('unsupported_certificate'));
    expect(verdict([testCertificate({ issuer: root, keyUsage: null })])).toMatchObject({ trusted: true });
  });

  test.each([
    ['client', CLIENT_AUTH, SERVER_AUTH],
    ['server', SERVER_AUTH, CLIENT_AUTH],
  ] as const)('a %s with the purpose of the other role', (role, right, wrong) => {
    const withPurposes = (...keyPurposes: string[]): PeerVerdict =>
      verdict([testCertificate({ issuer: root, keyPurposes })], { role });
    expect(withPurposes(wrong)).toEqual(refused('unsupported_certificate'));
    expect(withPurposes()).toEqual(refused('unsupported_certificate'));
    expect(withPurposes(wrong, right)).toMatchObject({ trusted: true });
    expect(withPurposes(ANY_PURPOSE)).toMatchObject({ trusted: true });
    const middle = testCertificate({ commonName: 'm', issuer: root, authority: true, keyPurposes: [wrong] });
    expect(verdict([testCertificate({ issuer: middle }), middle], { role })).toEqual(
      refused('unsupported_certificate'),
    );
  });

  test('a chain that is out of order, too long, or empty', () => {
    const middle = testCertificate({ commonName: 'm', authority: true, issuer: root });
    const lower = testCertificate({ commonName: 'l', authority: true, issuer: middle });
    const device = testCertificate({ issuer: lower });
    expect(verdict([device, middle, lower])).toEqual(refused('unknown_ca'));
    expect(verdict([device])).toEqual(refused('unknown_ca'));
    expect(verdict([])).toEqual(refused('bad_certificate'));
    let issuer = root;
    const chain: TestCertificate[] = [];
    for (const name of ['1', '2', '3', '4']) {
      issuer = testCertificate({ commonName: name, authority: true, keyUsage: 0x8400, issuer });
      chain.unshift(issuer);
    }
    expect(verdict(chain)).toMatchObject({ trusted: true });
    expect(verdict([testCertificate({ issuer }), ...chain])).toEqual(refused('unknown_ca'));
  });

  test('certificates and keys where they are not accepted', () => {
    const verify = peerVerifier({ role: 'client', clock });
    expect(verify({ type: CertificateType.x509, chain: [root.der] }, undefined)).toEqual(
      refused('unsupported_certificate'),
    );
    expect(verify({ type: CertificateType.rawPublicKey, publicKey: root.publicKey }, undefined)).toEqual(
      refused('unsupported_certificate'),
    );
  });
});

describe('names of servers', () => {
  const server = testCertificate({ commonName: 'cn.example', issuer: root, names: ['lwm2m.example', '*.dev.example'] });

  test.each([
    ['lwm2m.example', true],
    ['LWM2M.EXAMPLE', true],
    ['a.dev.example', true],
    ['a.b.dev.example', false],
    ['other.example', false],
    ['cn.example', false],
    ['192.0.2.1', false],
  ])('%s', (serverName, accepted) => {
    const outcome = verdict([server], { role: 'server', serverName });
    expect(outcome).toEqual(accepted ? expect.objectContaining({ trusted: true }) : refused('bad_certificate'));
  });

  test('the common name where there are no others', () => {
    const plain = testCertificate({ commonName: 'cn.example', issuer: root });
    expect(verdict([plain], { role: 'server', serverName: 'cn.example' })).toMatchObject({ trusted: true });
  });

  test('none is asked for, or it is a client that asked: any', () => {
    expect(verdict([server], { role: 'server' })).toMatchObject({ trusted: true });
    expect(verdict([server], { role: 'client', serverName: 'other.example' })).toMatchObject({ trusted: true });
  });
});

describe('the last word', () => {
  const device = testCertificate({ commonName: 'dev1', issuer: root });
  const withHook = (accept: NonNullable<X509Trust['accept']>): PeerVerdict | Promise<PeerVerdict> =>
    peerVerifier({ x509: { roots: [root.der], accept }, role: 'client', clock })(
      { type: CertificateType.x509, chain: [device.der, root.der, device.der] },
      undefined,
    );

  test('is given the path that was checked, and the common name', () => {
    const asked: unknown[] = [];
    void withHook((...question) => {
      asked.push(question);
      return true;
    });
    expect(asked).toEqual([[[device.der, root.der], 'dev1']]);
  });

  test('true, false, or why not; at once or later', async () => {
    expect(withHook(() => true)).toMatchObject({ trusted: true });
    expect(withHook(() => false)).toEqual(refused('certificate_revoked'));
    expect(withHook(() => ({ alert: 'access_denied', reason: 'sold' }))).toEqual(refused('access_denied', 'sold'));
    await expect(withHook(() => Promise.resolve(true))).resolves.toMatchObject({ trusted: true });
    await expect(withHook(() => Promise.resolve(false))).resolves.toEqual(refused('certificate_revoked'));
  });

  test('is not asked about a chain that is refused', () => {
    const trust = { roots: [root.der], accept: () => expect.unreachable('it was asked') };
    expect(verdict([testCertificate()], { trust })).toEqual(refused('unknown_ca'));
  });

  test('one that fails refuses', async () => {
    const failing = (): never => {
      throw new Error('no database');
    };
    expect(withHook(failing)).toEqual(refused('internal_error', 'no database'));
    await expect(withHook(() => Promise.reject(new Error('no database')))).resolves.toEqual(
      refused('internal_error', 'no database'),
    );
  });
});

describe('raw public keys', () => {
  const { publicKey } = testCertificate();
  const verify = (key: Uint8Array, isKnown: (key: Uint8Array) => boolean | Promise<boolean>): unknown =>
    peerVerifier({ rawPublicKey: isKnown, role: 'client', clock })(
      { type: CertificateType.rawPublicKey, publicKey: key },
      undefined,
    );

  test('known or not, at once or later', async () => {
    expect(verify(publicKey, (key) => Buffer.compare(key, publicKey) === 0)).toMatchObject({
      trusted: true,
      identity: { kind: 'rpk', publicKey },
    });
    expect(verify(publicKey, () => false)).toEqual(refused('certificate_unknown'));
    await expect(verify(publicKey, () => Promise.resolve(true))).resolves.toMatchObject({ trusted: true });
    await expect(verify(publicKey, () => Promise.reject(new Error('gone')))).resolves.toEqual(
      refused('internal_error', 'gone'),
    );
  });

  test('are not let in by an answer that is a promise of another make, nor by one that is not true', async () => {
    // Queries of database libraries have `then` and are no `Promise`.
    const later = (answer: boolean): Promise<boolean> => {
      const real = Promise.resolve(answer);
      return { then: real.then.bind(real) } as Promise<boolean>;
    };
    await expect(verify(publicKey, () => later(false))).resolves.toEqual(refused('certificate_unknown'));
    await expect(verify(publicKey, () => later(true))).resolves.toMatchObject({ trusted: true });
    expect(verify(publicKey, () => ({ count: 0 }) as unknown as boolean)).toEqual(refused('certificate_unknown'));
  });

  test('a chain waits for a promise of another make as well', async () => {
    const real = Promise.resolve(true);
    const accept = (): Promise<boolean> => ({ then: real.then.bind(real) }) as Promise<boolean>;
    const device = testCertificate({ issuer: root });
    const decide = peerVerifier({ x509: { roots: [root.der], accept }, role: 'client', clock });
    await expect(decide({ type: CertificateType.x509, chain: [device.der] }, undefined)).resolves.toMatchObject({
      trusted: true,
    });
  });

  test('keys of another kind, and bytes that are none, are not asked about', () => {
    const unasked = (): never => expect.unreachable('it was asked');
    const spki = (key: ReturnType<typeof generateKeyPairSync>['publicKey']): Uint8Array =>
      Uint8Array.from(key.export({ type: 'spki', format: 'der' }));
    for (const key of [
      generateKeyPairSync('rsa', { modulusLength: 2048 }),
      generateKeyPairSync('ed25519'),
      generateKeyPairSync('ec', { namedCurve: 'secp521r1' }),
      generateKeyPairSync('ec', { namedCurve: 'secp256k1' }),
      generateKeyPairSync('ec', { namedCurve: 'prime256v1', paramEncoding: 'explicit' }),
    ]) {
      expect(verify(spki(key.publicKey), unasked)).toEqual(refused('unsupported_certificate'));
    }
    expect(verify(Uint8Array.of(...publicKey, 0), unasked)).toEqual(refused('bad_certificate'));
    expect(verify(publicKey.subarray(0, 40), unasked)).toEqual(refused('bad_certificate'));
    const notOnCurve = Uint8Array.from(publicKey);
    notOnCurve[90] = (notOnCurve[90] ?? 0) ^ 1;
    expect(verify(notOnCurve, unasked)).toEqual(refused('bad_certificate', 'curve'));
  });
});

describe('roots', () => {
  test('that can not be used are said at once', () => {
    const verifier = (...roots: (string | Uint8Array)[]): (() => unknown) => {
      return () => peerVerifier({ x509: { roots }, role: 'client', clock });
    };
    const credential = (message: RegExp): unknown =>
      expect.objectContaining({ code: 'ERR_DTLS_CREDENTIAL', message: expect.stringMatching(message) as unknown });
    expect(verifier(root.pem, 'no certificate')).toThrow(credential(/roots\[1\].*BEGIN CERTIFICATE/));
    expect(verifier(testCertificate({ authority: true, rsa: true }).der)).toThrow(credential(/roots\[0\].*P-256/));
    expect(verifier(root.der.subarray(1))).toThrow(credential(/roots\[0\]/));
    expect(verifier(root.pem.replace('MII', 'MIJ'))).toThrow(credential(/roots\[0\]/));
  });

  test('as the bytes of a PEM file', () => {
    const trust = { roots: [new TextEncoder().encode(root.pem)] };
    expect(verdict([testCertificate({ issuer: root })], { trust })).toMatchObject({ trusted: true });
  });

  test('are named to clients: authorities by their own name, others by that of their issuer', () => {
    const device = testCertificate({ commonName: 'dev1', issuer: root });
    const other = testCertificate({ commonName: 'other', authority: true });
    expect(authorityNames({ roots: [root.der, device.der, other.pem] })()).toEqual([root.subject, other.subject]);
    expect(authorityNames(undefined)()).toEqual([]);
    const many = Array.from({ length: 40 }, (_, index) => testCertificate({ commonName: `some device ${index}` }).der);
    expect(authorityNames({ roots: many })()).toEqual([]);
  });
});

test('an authority that is bound to names is refused, critical or not: its bounds are not checked', () => {
  // Permitted: the DNS name example (RFC 5280 §4.2.1.10).
  const value = Uint8Array.from([
    0x30,
    0x0d,
    0xa0,
    0x0b,
    0x30,
    0x09,
    0x82,
    0x07,
    ...new TextEncoder().encode('example'),
  ]);
  for (const critical of [true, false]) {
    const extensions = [{ id: '2.5.29.30', critical, value }];
    const middle = testCertificate({ commonName: 'm', authority: true, issuer: root, extensions });
    const device = testCertificate({ commonName: 'dev1', issuer: middle });
    expect(verdict([device, middle])).toEqual(refused('unsupported_certificate', '2.5.29.30'));
  }
});

test('any bytes in a chain give a refusal at once', () => {
  const device = testCertificate({ issuer: root });
  const change = fc.tuple(fc.nat(device.der.length - 1), fc.integer({ min: 0, max: 255 }));
  fc.assert(
    fc.property(fc.array(change, { minLength: 1, maxLength: 3 }), (changes) => {
      const der = Uint8Array.from(device.der);
      for (const [at, value] of changes) der[at] = value;
      const isChanged = Buffer.compare(der, device.der) !== 0;
      expect(verdict([{ ...device, der }]).trusted).toBe(!isChanged);
    }),
    { numRuns: 500 },
  );
});
