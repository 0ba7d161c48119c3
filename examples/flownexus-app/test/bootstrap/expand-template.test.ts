import { formatBootstrapJson, parseBootstrapJson } from '@flownexus/lwm2m-server';
import { expect, test } from 'vitest';
import { expandTemplate, hasOwnAccount } from '../../src/bootstrap/expand-template.ts';

const uri = (scheme: string): string => `${scheme}://192.0.2.1:1`;
const psk = { identity: 'id', key: Uint8Array.of(1, 2) };
const template = (security: object, more: object = {}) =>
  parseBootstrapJson({ servers: { 0: { shortId: 5 } }, security, ...more });

test('the account of this server gets URI, mode, identity and key, and keeps the rest', () => {
  const made = expandTemplate(template({ 0: { uri: '{server}', serverId: 5, secretKey: [], sni: 'x' } }), 'dev', { uri, psk }); // prettier-ignore
  expect(formatBootstrapJson(made)).toMatchObject({
    servers: { 0: { shortId: 5 } },
    security: { 0: { uri: 'coaps://192.0.2.1:1', securityMode: 'PSK', publicKeyOrId: [105, 100], serverPublicKey: [], secretKey: [1, 2], serverId: 5, sni: 'x' } }, // prettier-ignore
  });
});

test('without a PSK it is plain CoAP, or what the template says', () => {
  const security = { 0: { uri: '{server}', serverId: 5 }, 1: { uri: '{server}', securityMode: 'X509', publicKeyOrId: [1] } }; // prettier-ignore
  expect(formatBootstrapJson(expandTemplate(template(security), 'dev', { uri, psk: undefined }))).toMatchObject({
    security: {
      0: { uri: 'coap://192.0.2.1:1', securityMode: 'NO_SEC', publicKeyOrId: [], secretKey: [], serverId: 5 },
      1: { uri: 'coaps://192.0.2.1:1', securityMode: 'X509', publicKeyOrId: [1] },
    },
  });
});

test('the endpoint name stands in texts, whatever is in it, and accounts of others stay as they are', () => {
  const others = template({ 0: { uri: 'coap://{endpoint}.example', bootstrapServer: true } });
  expect(hasOwnAccount(others)).toBe(false);
  const made = expandTemplate(others, 'a$&b', { uri, psk });
  expect(formatBootstrapJson(made)).toMatchObject({ security: { 0: { uri: 'coap://a$&b.example', bootstrapServer: true } } }); // prettier-ignore
});

test('a URI that does not fit the security makes nothing', () => {
  const own = template({ 0: { uri: '{server}' } });
  expect(() => expandTemplate(own, 'dev', { uri: () => 'coap://192.0.2.1', psk })).toThrow(RangeError);
});
