import { type ANSWERED, type Route, route } from '../http/route.ts';
import { answerBytes, formatQuery, PEM } from './answer-bytes.ts';
import type { Authority } from './authority.ts';
import type { RevocationLists } from './revocation-lists.ts';
import { encodePem } from './encode-pem.ts';

/** Where revocation lists are, below the public URL. */
export const CRL_PATH = 'api/v1/certificates/crl';

export interface AuthorityRoutesOptions {
  readonly authority: Authority;
  readonly lists: RevocationLists;
}

/** What everybody may know of the authority: its certificate, and what it has revoked. */
export function authorityRoutes({ authority, lists }: AuthorityRoutesOptions): Route[] {
  const common = { method: 'get', tag: 'Certificates', access: 'public', query: formatQuery } as const;
  return [
    route({
      ...common,
      path: '/api/v1/certificates/authority',
      operationId: 'getCertificateAuthority',
      summary: 'The certificate of the authority: what devices have to trust',
      description: `PEM (\`${PEM}\`, with the certificates above it), or DER of it alone (\`application/pkix-cert\`), by \`Accept\` or \`format\`.`,
      answers: { 200: { description: 'It', contentType: PEM } },
      handle: (call) =>
        answerBytes(call, [
          { format: 'pem', type: PEM, bytes: () => authority.pem },
          { format: 'der', type: 'application/pkix-cert', bytes: () => authority.certificates[0] ?? '' },
        ]),
    }),
    route({
      ...common,
      path: `/${CRL_PATH}`,
      operationId: 'getRevocationList',
      summary: 'The certificates that were revoked (CRL, RFC 5280)',
      description: `DER (\`application/pkix-crl\`) or PEM (\`${PEM}\`), by \`Accept\` or \`format\`.`,
      answers: {
        200: { description: 'It, with everything that was revoked before', contentType: 'application/pkix-crl' },
      },
      handle: async (call): Promise<typeof ANSWERED> => {
        const der = await lists.present();
        return answerBytes(call, [
          { format: 'der', type: 'application/pkix-crl', bytes: () => der },
          { format: 'pem', type: PEM, bytes: () => encodePem('X509 CRL', der) },
        ]);
      },
    }),
  ];
}
