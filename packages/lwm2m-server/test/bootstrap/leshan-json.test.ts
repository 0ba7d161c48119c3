import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { formatBootstrapJson, Lwm2mServerError, parseBootstrapJson, serverAccount } from '../../src/index.ts';

/** What Zephyr's interop suite sends. */
const ZEPHYR = {
  servers: { '0': { binding: 'U', defaultMinPeriod: 1, lifetime: 86_400, notifIfDisabled: false, shortId: 1 } },
  security: {
    '1': {
      bootstrapServer: false,
      clientOldOffTime: 1,
      publicKeyOrId: [105, 100],
      secretKey: [171, 1],
      securityMode: 'PSK',
      serverId: 1,
      serverSmsNumber: '',
      smsBindingKeyParam: [],
      smsBindingKeySecret: [],
      smsSecurityMode: 'NO_SEC',
      uri: 'coaps://192.0.2.2:5684',
    },
  },
  oscore: {},
  toDelete: ['/0', '/1'],
};

/** All that there is. */
const WHOLE = {
  autoIdForSecurityObject: false,
  contentFormat: 112,
  toDelete: ['/0', '/1', '/2/0'],
  servers: {
    '3': {
      shortId: 7,
      lifetime: 60,
      notifIfDisabled: false,
      binding: 'U',
      apnLink: 2,
      communicationRetryTimer: 9,
      trigger: true,
    },
  },
  security: {
    '0': {
      uri: 'coap://a',
      securityMode: 'X509',
      serverPublicKey: [255],
      matchingType: 'SHA256',
      sni: 'a',
      certificateUsage: 'DOMAIN_ISSUER_CERTIFICATE',
      cipherSuite: [49_326, 49_320],
      oscoreSecurityMode: 4,
    },
  },
  acls: { '0': { objectId: 3, objectInstanceId: 0, acls: { '0': 1, '101': 15 }, accessControlOwner: 101 } },
  oscore: { '4': { oscoreMasterSecret: [1], oscoreSenderId: [2], oscoreRecipientId: [3], oscoreAeadAlgorithm: 10 } },
};

describe('parseBootstrapJson', () => {
  test('reads what Zephyr sends', () => {
    const { deletes, instances } = parseBootstrapJson(ZEPHYR);
    expect(deletes).toEqual(['/0', '/1']);
    expect(instances.map(({ path }) => path)).toEqual(['/1/0', '/0/1']);
    expect(instances[1]?.resources).toEqual([
      { kind: 'singleResource', id: 0, type: 'string', value: 'coaps://192.0.2.2:5684' },
      { kind: 'singleResource', id: 1, type: 'boolean', value: false },
      { kind: 'singleResource', id: 2, type: 'integer', value: 0 },
      { kind: 'singleResource', id: 3, type: 'opaque', value: Uint8Array.of(105, 100) },
      { kind: 'singleResource', id: 5, type: 'opaque', value: Uint8Array.of(171, 1) },
      { kind: 'singleResource', id: 6, type: 'integer', value: 3 },
      { kind: 'singleResource', id: 7, type: 'opaque', value: new Uint8Array(0) },
      { kind: 'singleResource', id: 8, type: 'opaque', value: new Uint8Array(0) },
      { kind: 'singleResource', id: 9, type: 'string', value: '' },
      { kind: 'singleResource', id: 10, type: 'integer', value: 1 },
      { kind: 'singleResource', id: 11, type: 'integer', value: 1 },
    ]);
  });

  test('takes null for absent, signed bytes, names of formats, and the capitals of Leshan', () => {
    const json = {
      contentFormat: 'TLV',
      oscore: null,
      toDelete: null,
      security: { '0': { secretKey: [-1], uri: null } },
      servers: { '0': { CommunicationRetryTimer: 5 } },
    };
    expect(parseBootstrapJson(json)).toEqual({
      deletes: [],
      contentFormat: 11_542,
      instances: [
        {
          path: '/1/0',
          resources: [
            { kind: 'singleResource', id: 1, type: 'integer', value: 86_400 },
            { kind: 'singleResource', id: 6, type: 'boolean', value: true },
            { kind: 'singleResource', id: 7, type: 'string', value: 'U' },
            { kind: 'singleResource', id: 18, type: 'integer', value: 5 },
          ],
        },
        { path: '/0/0', resources: [{ kind: 'singleResource', id: 5, type: 'opaque', value: Uint8Array.of(255) }] },
      ],
    });
  });

  test('gives a server what it has to have, as Leshan does', () => {
    const { instances } = parseBootstrapJson({ servers: { '0': { shortId: 1, lifetime: 60, binding: 'UQ' } } });
    expect(instances[0]?.resources.map((resource) => [resource.id, 'value' in resource && resource.value])).toEqual([
      [0, 1],
      [1, 60],
      [6, true],
      [7, 'UQ'],
    ]);
  });

  test('has any free id where Leshan finds it by itself', () => {
    const { instances } = parseBootstrapJson({ ...ZEPHYR, autoIdForSecurityObject: true });
    expect(instances.map(({ path }) => path)).toEqual(['/1/0', '/0']);
  });

  test.each<readonly [unknown, string | RegExp]>([
    [[], 'expected an object at the top'],
    ['{}', 'expected an object at the top'],
    [
      { server: {} },
      'expected the fields toDelete, autoIdForSecurityObject, contentFormat, servers, security, acls, oscore alone at the top',
    ],
    [{ servers: { a: {} } }, 'expected an id from 0 to 65535 as the name at /servers/a'],
    [{ servers: { '65536': {} } }, 'expected an id from 0 to 65535 as the name at /servers/65536'],
    [{ servers: { '0': { lifetime: '1' } } }, 'expected an integer at /servers/0/lifetime'],
    [
      { security: { '0': { securityMode: 'psk' } } },
      'expected one of PSK, RPK, X509, NO_SEC, EST at /security/0/securityMode',
    ],
    [{ security: { '0': { secretKey: [256] } } }, 'expected a byte at /security/0/secretKey/0'],
    [{ security: { '0': { secretKey: 'ab' } } }, 'expected an array of bytes at /security/0/secretKey'],
    [{ security: { '0': { url: 'coap://a' } } }, /^expected the fields uri, .* alone at \/security\/0$/],
    [
      { toDelete: ['3'], servers: { '0': { apnLink: 65_536 } } },
      'expected an integer from 0 to 65535 at /servers/0/apnLink',
    ],
    [{ toDelete: ['/1/0/0'] }, 'a Delete is of /, an Object or an Object Instance, not /1/0/0'],
    [{ contentFormat: 0 }, 'Object Instances are not written in the Content-Format 0'],
    [{ contentFormat: 'JSON' }, 'expected one of TLV, SENML_JSON, SENML_CBOR at /contentFormat'],
  ])('%j is none', (json, reason) => {
    const prefix = 'this is no bootstrap configuration: ';
    const expected = typeof reason === 'string' ? `${prefix}${reason}` : reason;
    let message = '';
    try {
      parseBootstrapJson(json);
    } catch (error) {
      expect(error).toMatchObject({ code: 'ERR_LWM2M_SERVER_BOOTSTRAP' });
      ({ message } = error as Error);
    }
    if (typeof expected === 'string') expect(message).toBe(expected);
    else expect(message.slice(prefix.length)).toMatch(expected);
  });

  test('takes any JSON, or says what is wrong with it', () => {
    fc.assert(
      fc.property(
        fc.oneof(fc.jsonValue(), fc.record({ servers: fc.jsonValue(), security: fc.jsonValue() })),
        (json) => {
          try {
            parseBootstrapJson(json);
          } catch (error) {
            expect(error).toBeInstanceOf(Lwm2mServerError);
          }
        },
      ),
    );
  });
});

describe('formatBootstrapJson', () => {
  test.each([
    ['what Zephyr sends', ZEPHYR],
    ['all that there is', WHOLE],
  ])('gives %s again', (_name, json) => {
    expect(formatBootstrapJson(parseBootstrapJson(json))).toEqual({
      autoIdForSecurityObject: false,
      acls: {},
      ...json,
    });
  });

  test('has the default of what is deleted, and ids where there are none', () => {
    const instances = serverAccount({ shortServerId: 1, uri: 'coap://a' });
    const json = formatBootstrapJson({ instances });
    expect(json).toMatchObject({
      autoIdForSecurityObject: true,
      toDelete: ['/0', '/1'],
      security: { '0': { uri: 'coap://a' } },
    });
    expect(parseBootstrapJson(JSON.parse(JSON.stringify(json))).instances).toEqual(instances.toReversed());
  });

  test.each([
    ['/3/0', { instances: [{ path: '/3/0', resources: [] }] }],
    ['an instance of /1 with any id', { instances: [{ path: '/1', resources: [] }] }],
    ['questions', { instances: [], queries: [{ operation: 'read', path: '/1' }] as const }],
    [
      '/1/0/99',
      {
        instances: [
          { path: '/1/0', resources: [{ kind: 'singleResource', id: 99, type: 'string', value: '' }] as const },
        ],
      },
    ],
  ])('has no place for %s', (what, configuration) => {
    expect(() => formatBootstrapJson(configuration)).toThrow(
      new RangeError(`the bootstrap configuration of Leshan has no place for ${what}`),
    );
  });
});
