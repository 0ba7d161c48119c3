import { testCertificate } from '@flownexus/dtls/testing';
import { expect, test, vi } from 'vitest';
import { Authority } from '../../src/certificates/authority.ts';
import { CertificateStore } from '../../src/certificates/certificate-store.ts';
import { RevocationLists } from '../../src/certificates/revocation-lists.ts';
import { publicKeyOf } from '../../src/certificates/signing-key.ts';
import { onEachDatabase, temporaryDirectory, testDatabase } from '../support/test-database.ts';

const DAY_MS = 86_400_000;

onEachDatabase('the store of certificates', (kind) => {
  test('forgets what has expired long ago, but not that an endpoint needs a certificate', async () => {
    const database = await testDatabase(kind);
    const place = { dataDirectory: temporaryDirectory(), keyFile: undefined, certificateFile: undefined };
    const authority = await Authority.open(place);
    let now = Date.now();
    const store = new CertificateStore(database, authority, () => now);
    const publicKey = publicKeyOf(testCertificate().privateKey);
    const issue = async (endpoint: string): Promise<string> => {
      const sign = () => authority.signDevice({ endpoint, publicKey, days: 1, crlUrl: undefined });
      return (await store.add({ endpoint, publicKey, issuedBy: 'me' }, sign)).serial;
    };
    const [older, newer] = [await issue('dev'), await issue('dev')];
    const gone = await issue('gone');
    await store.release('gone', 'me');
    now += 90 * DAY_MS;
    expect(await store.removeExpired()).toBe(0);
    now += 2 * DAY_MS;
    expect(await store.removeExpired()).toBe(2);
    expect(await Promise.all([older, newer, gone].map(async (serial) => (await store.find(serial))?.serial))).toEqual([
      undefined,
      newer,
      undefined,
    ]);
    expect(await store.isSecured('dev')).toBe(true);
    expect(await store.removeExpired()).toBe(0);
  });

  test('is asked once for all who want the revocation list meanwhile', async () => {
    const database = await testDatabase(kind);
    const place = { dataDirectory: temporaryDirectory(), keyFile: undefined, certificateFile: undefined };
    const lists = new RevocationLists(database, await Authority.open(place));
    const first = await lists.present();
    const read = vi.spyOn(database.reads, 'selectFrom');
    const all = await Promise.all(Array.from({ length: 100 }, () => lists.present()));
    expect(all.every((each) => Buffer.compare(each, first) === 0)).toBe(true);
    expect(read.mock.calls.length).toBeLessThan(5);
  });
});
