import { describe, expect, test } from 'vitest';
import { formatCode } from '@flownexus/coap';
import { ANONYMOUS, type PeerIdentity } from '@flownexus/datagram';
import { RefusalError } from '../../src/registration/refusal-error.ts';
import { Profiles } from '../../src/registration/profiles.ts';
import {
  applyUpdate,
  parseRegister,
  toRegistration,
  type RegistrationRequest,
} from '../../src/registration/register-request.ts';
import type { Registration } from '../../src/registration/registration.ts';

const LINKS = '</>;ct=112,</1/0>,</3>;ver=1.0,</3/0>';

function request(
  query: string,
  options: {
    links?: string | Uint8Array;
    contentFormat?: number | undefined;
    identity?: PeerIdentity;
    port?: number;
  } = {},
): RegistrationRequest {
  const { links = LINKS, identity = ANONYMOUS, port = 50_000 } = options;
  return {
    query: query.split('&'),
    contentFormat: 'contentFormat' in options ? options.contentFormat : 40,
    payload: typeof links === 'string' ? new TextEncoder().encode(links) : links,
    peer: { host: '192.0.2.7', port, identity },
  };
}

/** The registration that a Register makes. */
function register(from: RegistrationRequest, profiles = new Profiles()): Registration {
  const requested = parseRegister(from, profiles);
  const endpointName = requested.endpointName ?? 'unnamed';
  const given = { endpointName, registrationId: 'abc', registeredAt: 1000 };
  return toRegistration(requested, requested.listOf(endpointName), given);
}

function refusal(run: () => unknown): string {
  try {
    run();
  } catch (error) {
    if (error instanceof RefusalError) return formatCode(error.responseCode);
    throw error;
  }
  return 'accepted';
}

describe('parseRegister', () => {
  test('takes everything over', () => {
    expect(register(request('lwm2m=1.1&ep=dev&lt=60&b=UT&Q&sms=123&site=north'))).toEqual({
      endpointName: 'dev',
      registrationId: 'abc',
      registeredAt: 1000,
      updatedAt: 1000,
      profileIds: [],
      lifetime: 60,
      lwm2mVersion: '1.1',
      bindingMode: 'UT',
      queueMode: true,
      smsNumber: '123',
      rootPath: '/',
      contentFormats: [112],
      links: [
        { path: '/1/0', attributes: {} },
        { path: '/3', attributes: { ver: '1.0' } },
        { path: '/3/0', attributes: {} },
      ],
      objectVersions: new Map([
        [1, '1.1'],
        [3, '1.0'],
      ]),
      instances: new Map([
        [1, [0]],
        [3, [0]],
      ]),
      additionalParameters: { site: 'north' },
      address: { host: '192.0.2.7', port: 50_000 },
      identity: ANONYMOUS,
    });
  });

  test('a 1.0 client may leave lt, lwm2m and b out', () => {
    expect(register(request('ep=old'))).toMatchObject({
      lifetime: 86_400,
      lwm2mVersion: '1.0',
      bindingMode: 'U',
      queueMode: false,
    });
    expect(register(request('ep=old&lwm2m=1.0')).lifetime).toBe(86_400);
  });

  test.each(['lwm2m=1.1&lt=60', 'lwm2m=1.1&lt=60&ep='])('the name may be left to the identity: %s', (query) => {
    expect(parseRegister(request(query), new Profiles()).endpointName).toBeUndefined();
  });

  test.each([
    ['lt missing in 1.1', 'lwm2m=1.1&ep=a', {}, '4.00'],
    ['lt missing in 1.2', 'lwm2m=1.2&ep=a', {}, '4.00'],
    ['lt malformed', 'lwm2m=1.1&ep=a&lt=x', {}, '4.00'],
    ['LwM2M 2.0', 'lwm2m=2.0&ep=a&lt=60', {}, '4.12'],
    ['CBOR', 'lwm2m=1.1&ep=a&lt=60', { contentFormat: 60 }, '4.15'],
    ['text', 'lwm2m=1.1&ep=a&lt=60', { contentFormat: 0 }, '4.15'],
    ['no Content-Format', 'lwm2m=1.1&ep=a&lt=60', { contentFormat: undefined }, 'accepted'],
    ['no payload', 'lwm2m=1.1&ep=a&lt=60', { links: '' }, '4.00'],
    ['no payload but a profile', 'lwm2m=1.2&ep=a&lt=60&pid=6:27354b9a', { links: '' }, '4.09'],
    ['a profile and the list', 'lwm2m=1.2&ep=a&lt=60&pid=6:27354b9a', {}, 'accepted'],
    ['only a root link', 'lwm2m=1.1&ep=a&lt=60', { links: '</>;ct=112' }, '4.00'],
    ['only Objects that may not be listed', 'lwm2m=1.1&ep=a&lt=60', { links: '</0/0>' }, '4.00'],
    ['links that do not parse', 'lwm2m=1.1&ep=a&lt=60', { links: '</3/0' }, '4.00'],
    ['no UTF-8', 'lwm2m=1.1&ep=a&lt=60', { links: Uint8Array.of(0x3c, 0x2f, 0xff, 0x3e) }, '4.00'],
    [
      '5000 links',
      'lwm2m=1.1&ep=a&lt=60',
      { links: Array.from({ length: 5000 }, (_, i) => `</9/${i}>`).join(',') },
      '4.00',
    ],
  ])('%s', (_name, query, options, code) => {
    expect(refusal(() => register(request(query, options)))).toBe(code);
  });
});

describe('applyUpdate', () => {
  const registered = register(request('lwm2m=1.1&ep=dev&lt=60&b=U&Q&site=north'));

  function update(query: string, options: Parameters<typeof request>[1] = {}): Registration {
    const from = request(query, { links: '', contentFormat: undefined, ...options });
    return applyUpdate(registered, from, 2000, new Profiles());
  }

  test('without anything only the time changes', () => {
    expect(update('')).toEqual({ ...registered, updatedAt: 2000 });
    expect(update('').instances).toBe(registered.instances);
  });

  test.each([
    ['lt=50', { lifetime: 50 }],
    ['b=UT', { bindingMode: 'UT', queueMode: false }],
    ['b=UQ', { bindingMode: 'U', queueMode: true }],
    ['b=U&Q', { bindingMode: 'U', queueMode: true }],
    ['sms=77', { smsNumber: '77' }],
    ['site=south&rack=2', { additionalParameters: { site: 'south', rack: '2' } }],
  ])('%s', (query, expected) => {
    expect(update(query)).toEqual({ ...registered, updatedAt: 2000, ...expected });
  });

  // 0: Wakaama says text from the second block of an Update on.
  test.each([40, undefined, 0])('a list, Content-Format %s, is the complete list', (contentFormat) => {
    const next = update('', { links: '</>;ct=110,</3/0>,</3303/0>,</3303/1>', contentFormat });
    expect(next.links.map((link) => link.path)).toEqual(['/3/0', '/3303/0', '/3303/1']);
    expect(next.instances.get(3303)).toEqual([0, 1]);
    expect(next.instances.has(1)).toBe(false);
    expect(next.objectVersions.get(3)).toBe('1.1');
    expect(next.contentFormats).toEqual([110]);
  });

  test('the same list as before is the same value', () => {
    expect(update('', { links: LINKS, contentFormat: 40 }).instances).toBe(registered.instances);
    // Not the same bytes.
    expect(update('', { links: `${LINKS},</0/0>`, contentFormat: 40 }).instances).toBe(registered.instances);
    expect(update('', { links: LINKS.replace('1.0', '1.1'), contentFormat: 40 }).instances).not.toBe(
      registered.instances,
    );
    expect(update('', { links: LINKS.replace('112', '110'), contentFormat: 40 }).contentFormats).toEqual([110]);
  });

  test('takes the address over', () => {
    expect(update('', { port: 50_001 }).address).toEqual({ host: '192.0.2.7', port: 50_001 });
  });

  test.each([
    ['lt=x', {}, '4.00'],
    ['ep=other', {}, '4.00'],
    ['ep=dev', {}, 'accepted'],
    ['lwm2m=2.0', {}, '4.12'],
    ['', { links: '</3/0>', contentFormat: 50 }, '4.15'],
    ['', { links: '</3/0' }, '4.00'],
    ['', { links: '</>;ct=1' }, '4.00'],
  ])('%s %o gives %s', (query, options, code) => {
    expect(refusal(() => update(query, options))).toBe(code);
  });
});
