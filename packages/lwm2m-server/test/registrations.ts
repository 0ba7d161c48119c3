import { ANONYMOUS } from '@flownexus/datagram';
import { parseLinkFormat } from '@flownexus/lwm2m-core';
import { objectListOfLinks } from '../src/registration/object-lists.ts';
import type { CoapClient } from '../src/registration/registered-endpoint.ts';
import type { Registration } from '../src/registration/registration.ts';

/** A registration as a device of LwM2M 1.1 makes it, with what a test wants otherwise. */
export function aRegistration(
  endpointName: string = 'dev',
  {
    links = '</>;ct=112,</1/0>,</3>;ver=1.2,</3/0>',
    ...fields
  }: Partial<Omit<Registration, 'links'>> & { readonly links?: string } = {},
): Registration {
  const { lwm2mVersion = '1.1' } = fields;
  return {
    endpointName,
    registrationId: `id-${endpointName}`,
    lifetime: 60,
    lwm2mVersion,
    bindingMode: 'U',
    queueMode: false,
    smsNumber: undefined,
    ...objectListOfLinks(parseLinkFormat(links), lwm2mVersion),
    profileIds: [],
    additionalParameters: {},
    address: { host: '192.0.2.99', port: 50_000 },
    identity: ANONYMOUS,
    registeredAt: 1000,
    updatedAt: 1000,
    ...fields,
  };
}

/** A CoAP endpoint that is there to be told from others. */
export function aCoapClient(): CoapClient {
  return {
    request: () => Promise.reject(new Error('not used')),
    observe: () => Promise.reject(new Error('not used')),
    adopt: () => {
      throw new Error('not used');
    },
    refreshPeerSettings: () => undefined,
  };
}
