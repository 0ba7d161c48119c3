import { expect, test } from 'vitest';
import { findPackageUri } from '../../src/firmware/deliver-package.ts';
import type { FirmwareUpdate } from '../../src/firmware/firmware-update.ts';

const update = { packageId: 'app', endpointName: 'dev' } as FirmwareUpdate;

async function found(given: Readonly<Record<string, string>>, schemes: readonly string[]) {
  const reported: unknown[] = [];
  const packageUri = ({ scheme }: { scheme: string }): string | undefined => given[scheme];
  return { uri: await findPackageUri(packageUri, update, schemes, (error) => reported.push(error)), reported };
}

test('the address is the first that there is for the schemes of the device', async () => {
  const given = { coap: 'coap://192.0.2.1/f/a', http: 'http://192.0.2.1/a' };
  expect(await found(given, ['coaps', 'coap', 'http'])).toEqual({ uri: given.coap, reported: [] });
});

test('a path alone is for devices that have the rest of the address built in', async () => {
  expect(await found({ coap: '/media/firmware/a' }, ['coap'])).toEqual({ uri: '/media/firmware/a', reported: [] });
});

test.each(['//192.0.2.1/a', 'media/a', 'http://192.0.2.1/a', '', `/${'a'.repeat(255)}`])(
  'what is no address of the scheme is reported: %s',
  async (uri) => {
    const { uri: none, reported } = await found({ coap: uri }, ['coap']);
    expect(none).toBeUndefined();
    expect(reported).toHaveLength(1);
  },
);
