import { createPublicKey, X509Certificate, type KeyObject } from 'node:crypto';
import type { Lwm2mBootstrapServer, Lwm2mServer } from '@flownexus/lwm2m-server';
import type { Router } from 'express';
import { formatHost } from '../http/http-server.ts';
import { checkingInput } from './leshan-error.ts';
import type { LeshanCommonOptions } from './options.ts';
import { addRoute, endpointOf, jsonOf } from './routes.ts';
import { sendArray } from './send-array.ts';
import { parseSecurityInfo, securityInfoJson } from './security-json.ts';

/** Credentials of devices, who the server is, and where it listens: the same on both servers. */
export function addSecurityRoutes(
  router: Router,
  server: Pick<Lwm2mServer | Lwm2mBootstrapServer, 'addresses'>,
  options: LeshanCommonOptions,
): void {
  const { credentials, ownCredential } = options;
  addRoute(router, '/security/clients', options, {
    GET: {
      permission: 'administer',
      handler: async (_, response) => {
        const all = await credentials.list();
        await sendArray(response, all, ({ endpointName, credential }) => securityInfoJson(endpointName, credential));
      },
    },
    PUT: {
      permission: 'administer',
      action: 'setCredential',
      hasBody: true,
      handler: async (request, response) => {
        const { endpointName, credential } = parseSecurityInfo(jsonOf(request));
        await checkingInput(async () => credentials.set(endpointName, credential));
        response.end();
      },
    },
  });
  addRoute(router, '/security/clients/*ep', options, {
    DELETE: {
      permission: 'administer',
      action: 'removeCredential',
      handler: async (request, response) => {
        if (await credentials.remove(endpointOf(request))) {
          response.end();
          return 'done';
        }
        response.json({ message: 'not_found' });
        return 'not_found';
      },
    },
  });
  for (const path of ['/security/server', '/server/security']) {
    addRoute(router, path, options, {
      GET: {
        permission: 'read',
        handler: (_, response) => {
          response.json(ownCredential === undefined ? {} : ownCredentialJson(ownCredential()));
        },
      },
    });
  }
  addRoute(router, '/server/endpoint', options, {
    GET: {
      permission: 'read',
      handler: (_, response) => {
        response.json(server.addresses.map(endpointJson));
      },
    },
  });
}

function endpointJson({ scheme, host, port }: Lwm2mServer['addresses'][number]): object {
  const full = `${scheme}://${formatHost(host)}:${String(port)}`;
  const description = scheme === 'coaps' ? 'CoAP over DTLS' : 'CoAP over UDP';
  return { uri: { full, scheme, host, port }, description };
}

/** The certificate of the server, or the public key of one that has none. */
function ownCredentialJson({
  chain,
  rawPublicKey,
}: ReturnType<NonNullable<LeshanCommonOptions['ownCredential']>>): object {
  const [certificate] = chain ?? [];
  if (certificate !== undefined) {
    const { publicKey } = new X509Certificate(certificate);
    return { certificate: { pubkey: publicKeyJson(publicKey), b64Der: base64(certificate) } };
  }
  if (rawPublicKey === undefined) return {};
  return { pubkey: publicKeyJson(createPublicKey({ key: Buffer.from(rawPublicKey), format: 'der', type: 'spki' })) };
}

/** The names that Java has for the curves. */
const CURVES: Readonly<Record<string, string>> = {
  'P-256': 'secp256r1 [NIST P-256,X9.62 prime256v1] (1.2.840.10045.3.1.7)',
  'P-384': 'secp384r1 [NIST P-384] (1.3.132.0.34)',
};

function publicKeyJson(publicKey: KeyObject): object {
  const { x = '', y = '', crv = '' } = publicKey.export({ format: 'jwk' });
  return {
    x: Buffer.from(x, 'base64url').toString('hex'),
    y: Buffer.from(y, 'base64url').toString('hex'),
    params: CURVES[crv] ?? crv,
    b64Der: base64(publicKey.export({ format: 'der', type: 'spki' })),
  };
}

function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('base64');
}
