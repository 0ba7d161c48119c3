import { expect, test } from 'vitest';
import { bytesSource, CoapFiles, coapPackageUris } from '../../src/index.ts';

const update = { packageId: 'app', endpointName: 'dev' };

function uris(addresses: Parameters<typeof coapPackageUris>[1], name = 'a') {
  const files = new CoapFiles();
  files.add(bytesSource(new Uint8Array(3)), { packageId: 'app', name });
  return coapPackageUris(files, addresses);
}

test('the URI of a package has the address of its scheme', () => {
  const uriOf = uris({ coap: 'coap://192.0.2.1', coaps: 'coaps://[2001:db8::1]:5694/' });
  expect(uriOf({ update, scheme: 'coap' })).toBe('coap://192.0.2.1/f/a');
  expect(uriOf({ update, scheme: 'coaps' })).toBe('coaps://[2001:db8::1]:5694/f/a');
});

test('there is none for another scheme or another package', () => {
  const uriOf = uris({ coap: 'coap://192.0.2.1' });
  expect(uriOf({ update, scheme: 'https' })).toBeUndefined();
  expect(uriOf({ update, scheme: 'coaps' })).toBeUndefined();
  expect(uriOf({ update: { ...update, packageId: 'other' }, scheme: 'coap' })).toBeUndefined();
});

test('a URI that no device takes is refused', () => {
  const uriOf = uris({ coap: `coap://${'a'.repeat(60)}.example` }, 'b'.repeat(64));
  expect(() => uriOf({ update, scheme: 'coap' })).toThrow(RangeError);
});

test.each(['coaps://192.0.2.1', 'coap://192.0.2.1/path', 'coap://192.0.2.1?query'])(
  'an address is not %s for CoAP',
  (address) => {
    expect(() => uris({ coap: address })).toThrow(TypeError);
  },
);

test('an address is a URI', () => {
  expect(() => uris({ coap: '192.0.2.1' })).toThrow(expect.objectContaining({ code: 'ERR_COAP_URI' }));
});
