import { describe, expect, test } from 'vitest';
import { buildOptions, type CoapUri, formatCoapUri, OptionNumber, parseCoapUri } from '../../src/index.ts';

const uri = (parts: Partial<CoapUri>): CoapUri => ({
  scheme: 'coap',
  host: 'h',
  port: 5683,
  path: [],
  query: [],
  ...parts,
});

describe('the examples of RFC 7252', () => {
  // §6.3
  test.each([
    'coap://example.com:5683/~sensors/temp.xml',
    'coap://EXAMPLE.com/%7Esensors/temp.xml',
    'coap://EXAMPLE.com:/%7esensors/temp.xml',
  ])('%s is the same resource', (text) => {
    expect(parseCoapUri(text)).toEqual(uri({ host: 'example.com', path: ['~sensors', 'temp.xml'] }));
    expect(formatCoapUri(parseCoapUri(text))).toBe('coap://example.com/~sensors/temp.xml');
  });

  // Appendix B
  test.each([
    ['coap://[2001:db8::2:1]/', uri({ host: '2001:db8::2:1' })],
    ['coap://example.net/', uri({ host: 'example.net' })],
    ['coap://example.net/.well-known/core', uri({ host: 'example.net', path: ['.well-known', 'core'] })],
    [
      'coap://xn--18j4d.example/%E3%81%93%E3%82%93%E3%81%AB%E3%81%A1%E3%81%AF',
      uri({ host: 'xn--18j4d.example', path: ['こんにちは'] }),
    ],
    [
      'coap://198.51.100.1:61616//%2F//?%2F%2F&?%26',
      uri({ host: '198.51.100.1', port: 61_616, path: ['', '/', '', ''], query: ['//', '?&'] }),
    ],
  ])('%s', (text, parts) => {
    expect(parseCoapUri(text)).toEqual(parts);
    expect(parseCoapUri(formatCoapUri(parts))).toEqual(parts);
  });

  test('the last one is written with fewer escapes, as §6.5 says', () => {
    const parts = { path: ['', '/', '', ''], query: ['//', '?&'] };
    expect(formatCoapUri(uri({ ...parts, host: '198.51.100.1', port: 61_616 }))).toBe(
      'coap://198.51.100.1:61616//%2F//?//&?%26',
    );
  });
});

describe('parseCoapUri', () => {
  test.each<[string, Partial<CoapUri>]>([
    ['coaps://h', { scheme: 'coaps', port: 5684 }],
    ['COAPS://h:5683', { scheme: 'coaps', port: 5683 }],
    ['coap://h?', { query: [''] }],
    ['coap://h/?a&&b', { query: ['a', '', 'b'] }],
    ['coap://h/?a=1/2?:@', { query: ['a=1/2?:@'] }],
    ['coap://h/a+b?c+d', { path: ['a+b'], query: ['c+d'] }],
    ['coap://h/a/', { path: ['a', ''] }],
    ['coap://h//', { path: ['', ''] }],
    ['coap://h/a;b=c@d:e,(f)!$&', { path: ['a;b=c@d:e,(f)!$&'] }],
    ['coap://[::1]', { host: '::1' }],
    ['coap://[2001:DB8::A]:1', { host: '2001:db8::a', port: 1 }],
    ['coap://[::ffff:192.0.2.1]', { host: '::ffff:192.0.2.1' }],
    ['coap://[fe80::1%25eth0]', { host: 'fe80::1%eth0' }],
    ['coap://[fe80::1%25en%201]', { host: 'fe80::1%en 1' }],
    ['coap://%41.example', { host: 'a.example' }],
    ['coap://caf%C3%A9', { host: 'café' }],
    // RFC 3986 §5.2.4
    ['coap://h/a/./b/../c', { path: ['a', 'c'] }],
    ['coap://h/../../a', { path: ['a'] }],
    ['coap://h/a/%2E%2e/b', { path: ['b'] }],
    ['coap://h/a/..', {}],
    ['coap://h/a/.', { path: ['a', ''] }],
    ['coap://h/a/b/..', { path: ['a', ''] }],
    ['coap://h/...', { path: ['...'] }],
  ])('%s', (text, parts) => {
    expect(parseCoapUri(text)).toEqual(uri(parts));
  });

  test.each([
    ['', /absolute URI/],
    ['/a', /absolute URI/],
    ['coap:h', /absolute URI/],
    ['http://h/', /scheme coap or coaps, found http/],
    ['coap+tcp://h/', /scheme coap or coaps, found coap\+tcp/],
    ['coap://h/a#b', /no fragment/],
    ['coap://h/a#', /no fragment/],
    ['coap://me@h/', /no user information/],
    ['coap:///a', /a host, found none/],
    ['coap://:5683/', /a host, found none/],
    ['coap://h:x/', /port of digits/],
    ['coap://h:0/', /port of 1 to 65535/],
    ['coap://h:65536/', /port of 1 to 65535/],
    ['coap://2001:db8::1/', /port of digits/],
    ['coap://%3A%3A1/', /brackets/],
    ['coap://[::1/', /\]/],
    ['coap://[::1]x/', /\]|port|IPv6/],
    ['coap://[1.2.3.4]/', /IPv6/],
    ['coap://[v1.x]/', /IPv6/],
    ['coap://[1:2:3:4:5:6:7]/', /IPv6/],
    ['coap://[1:2:3:4:5:6:7:8:9]/', /IPv6/],
    ['coap://[1::2::3]/', /IPv6/],
    ['coap://[1.2.3.4::]/', /IPv6/],
    ['coap://[::12345]/', /IPv6/],
    ['coap://[fe80::1%eth0]/', /zone/],
    ['coap://[fe80::1%25]/', /zone/],
    ['coap://h/a b', /percent-encoded/],
    ['coap://h/é', /percent-encoded/],
    ['coap://h/[', /percent-encoded/],
    ['coap://h/?^', /percent-encoded/],
    ['coap://h/%4', /two hex digits/],
    ['coap://h/%zz', /two hex digits/],
    ['coap://h/%FF', /UTF-8/],
    ['coap://h/%ED%A0%80', /UTF-8/],
    [`coap://h/${'a'.repeat(256)}`, /255 bytes for Uri-Path/],
    [`coap://h/?${'%C3%A9'.repeat(128)}`, /255 bytes for Uri-Query/],
    [`coap://${'a'.repeat(256)}/`, /255 bytes for Uri-Host/],
  ])('refuses %s', (text, message) => {
    expect(() => parseCoapUri(text)).toThrow(
      expect.objectContaining({ code: 'ERR_COAP_URI', message: expect.stringMatching(message) as string }) as Error,
    );
  });

  test('takes what fits', () => {
    expect(parseCoapUri(`coap://h/${'a'.repeat(255)}`).path[0]).toHaveLength(255);
  });
});

describe('formatCoapUri', () => {
  test.each<[string, Parameters<typeof formatCoapUri>[0]]>([
    ['coap://h/', { scheme: 'coap', host: 'h' }],
    ['coap://h/', { scheme: 'coap', host: 'h', path: [''] }],
    ['coaps://h/', { scheme: 'coaps', host: 'h', port: 5684 }],
    ['coaps://h:5683/', { scheme: 'coaps', host: 'h', port: 5683 }],
    ['coap://h/a%20b/%25/%C3%A9', { scheme: 'coap', host: 'H', path: ['a b', '%', 'é'] }],
    ['coap://h/?a=%26&b', { scheme: 'coap', host: 'h', query: ['a=&', 'b'] }],
    ['coap://[fe80::1%25eth0]:1/', { scheme: 'coap', host: 'fe80::1%eth0', port: 1 }],
    ['coap://192.0.2.1/', { scheme: 'coap', host: '192.0.2.1' }],
    ['coap://a%2Fb/', { scheme: 'coap', host: 'a/b' }],
  ])('%s', (text, parts) => {
    expect(formatCoapUri(parts)).toBe(text);
  });

  test.each<Partial<CoapUri>>([{ host: '' }, { path: ['.'] }, { path: ['a', '..'] }, { port: 0 }, { port: 1.5 }])(
    'refuses %j',
    (parts) => {
      expect(() => formatCoapUri(uri(parts))).toThrow(expect.objectContaining({ code: 'ERR_COAP_URI' }) as Error);
    },
  );
});

test('what a URI says fits into options', () => {
  const { path, query, host } = parseCoapUri('coap://Caf%C3%A9/a//b?x=%26');
  expect(buildOptions({ path, query, uriHost: host }).map(({ number }) => number)).toEqual([
    OptionNumber.URI_HOST,
    OptionNumber.URI_PATH,
    OptionNumber.URI_PATH,
    OptionNumber.URI_PATH,
    OptionNumber.URI_QUERY,
  ]);
});
