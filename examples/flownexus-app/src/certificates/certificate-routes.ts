import { z } from 'zod';
import type { Database } from '../database/open-database.ts';
import { ApiError } from '../http/errors.ts';
import { ANSWERED, type Route, route } from '../http/route.ts';
import { endpointName, listOf, pageLimit, queryTime } from '../http/schemas.ts';
import { limits } from '../limits.ts';
import { registrableParams } from '../lwm2m/registrable-name.ts';
import { PEM } from './answer-bytes.ts';
import type { Authority } from './authority.ts';
import { certificateDetailSchema, certificateItemSchema, certificatePem, certificateStates, revocationReasons, toCertificateDetail } from './certificate-items.ts'; // prettier-ignore
import { listCertificates } from './certificate-list.ts';
import type { CertificateStore } from './certificate-store.ts';
import { requestBytes, RequestRefusedError } from './certification-request.ts';
import type { Issuer } from './issuer.ts';

const TAG = 'Certificates';
const COLUMNS = ['serial', 'endpoint', 'state', 'fingerprint', 'notBefore', 'notAfter', 'issuedAt', 'issuedBy', 'revokedAt', 'revokedBy', 'reason'] as const; // prettier-ignore
const unknown = { 404: { description: 'There is no such certificate' } };

const serialParams = z.object({
  serial: z
    .string()
    .max(60)
    .transform((text) => text.replaceAll(':', '').toLowerCase())
    .refine((text) => /^[0-9a-f]+$/.test(text), 'expected a serial number in hexadecimal')
    .meta({
      description: 'The serial number in hexadecimal, as openssl shows it or without colons',
      override: { type: 'string' },
    }),
});

export interface CertificateRoutesOptions {
  readonly database: Database;
  readonly authority: Pick<Authority, 'pem'>;
  readonly certificates: CertificateStore;
  readonly issuer: Issuer;
}

/** What the authority has issued to endpoints. */
export function certificateRoutes({ database, authority, certificates, issuer }: CertificateRoutesOptions): Route[] {
  return [
    route({
      method: 'post',
      path: '/api/v1/endpoints/{name}/certificates',
      operationId: 'issueCertificate',
      summary: 'Issues a certificate with which a device proves that it is this endpoint',
      description:
        'The request (CSR, PKCS #10) has an EC key on P-256 or P-384, is signed with it, and names this endpoint or nobody. Nothing else of it goes into the certificate. ' +
        'From then on the endpoint is not believed to be there over plain CoAP, also before it has ever registered.',
      tag: TAG,
      access: 'administer',
      params: registrableParams,
      body: z
        .strictObject({
          csr: z
            .string()
            .min(1)
            .max(limits.certificationRequestCharacters)
            .meta({ description: 'PEM, or base64 of DER' }),
          days: z.int().min(1).max(limits.longestCertificateDays).optional().meta({ description: `Absent: ${String(limits.certificateDays)}` }), // prettier-ignore
        })
        .meta({ id: 'CertificateRequest' }),
      answers: {
        201: {
          description: 'Issued',
          schema: certificateDetailSchema
            .extend({ authority: z.string().meta({ description: 'The certificate of the authority in PEM' }) })
            .meta({ id: 'IssuedCertificate' }),
        },
        422: { description: 'There is none for this request: `detail` says why' },
      },
      handle: async ({ params: { name }, body: { csr, days }, principal }) => {
        const issued = await refusing(async () =>
          issuer.issue({ endpoint: name, request: requestBytes(csr), days, issuedBy: principal?.actor ?? '' }),
        );
        const { serial, fingerprint } = issued;
        const body = { ...toCertificateDetail(issued, Date.now()), authority: authority.pem };
        return { status: 201, body, audit: { serial, fingerprint, notAfter: body.notAfter } };
      },
    }),
    route({
      method: 'get',
      path: '/api/v1/certificates',
      operationId: 'listCertificates',
      summary: 'Certificates of endpoints, the latest first',
      tag: TAG,
      access: 'read',
      query: z.strictObject({
        endpoint: endpointName.optional(),
        state: z.enum(certificateStates).optional(),
        endsBefore: queryTime.optional(),
        cursor: z
          .string()
          .regex(/^\d{1,15}$/, 'expected a nextCursor of the same list')
          .transform(Number)
          .optional()
          .meta({ description: '`nextCursor` of the page before', override: { type: 'string' } }),
        limit: pageLimit,
      }),
      answers: {
        200: { description: 'A page of certificates', schema: listOf(certificateItemSchema, 'CertificateList') },
      },
      handle: async ({ query }) => {
        const { items, next } = await listCertificates(database.longReads, query, Date.now());
        return {
          body: { items, nextCursor: next === undefined ? null : String(next) },
          csv: { columns: COLUMNS, rows: items.map((item) => COLUMNS.map((column) => item[column])) },
        };
      },
    }),
    route({
      method: 'get',
      path: '/api/v1/certificates/{serial}',
      operationId: 'getCertificate',
      summary: 'A certificate of an endpoint',
      description: `PEM alone for who accepts \`${PEM}\`.`,
      tag: TAG,
      access: 'read',
      params: serialParams,
      answers: { 200: { description: 'It', schema: certificateDetailSchema }, ...unknown },
      handle: async ({ params: { serial }, request, response }) => {
        const row = await certificates.find(serial);
        if (row === undefined) throw noSuch(serial);
        if (request.accepts(['application/json', PEM]) !== PEM) return { body: toCertificateDetail(row, Date.now()) };
        response.set('Content-Type', PEM).send(Buffer.from(certificatePem(row.der)));
        return ANSWERED;
      },
    }),
    route({
      method: 'post',
      path: '/api/v1/certificates/{serial}/revoke',
      operationId: 'revokeCertificate',
      summary: 'Revokes a certificate, for good',
      description:
        'What is open with it ends at once, and the revocation list has it. With `keyCompromise` all certificates of its key are revoked. One that is revoked already stays as it is.',
      tag: TAG,
      access: 'administer',
      params: serialParams,
      body: z
        .strictObject({ reason: z.enum(revocationReasons).default('unspecified') })
        .meta({ id: 'Revocation' })
        .default({ reason: 'unspecified' }),
      answers: { 200: { description: 'It, as it is now', schema: certificateDetailSchema }, ...unknown },
      handle: async ({ params: { serial }, body: { reason }, principal }) => {
        const revoked = await certificates.revoke(serial, reason, principal?.actor ?? '');
        if (revoked === undefined) throw noSuch(serial);
        const { certificate, changed } = revoked;
        return {
          body: toCertificateDetail(certificate, Date.now()),
          audit: { endpoint: certificate.endpoint, reason: certificate.reason, changed },
        };
      },
    }),
  ];
}

async function refusing<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof RequestRefusedError)) throw error;
    throw new ApiError(422, 'request-refused', error.message, [{ path: 'body.csr', message: error.message }]);
  }
}

function noSuch(serial: string): ApiError {
  return new ApiError(404, 'not-found', `there is no certificate with the serial number ${serial}`);
}
