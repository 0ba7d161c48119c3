import { z } from 'zod';
import { ApiError } from '../http/errors.ts';
import { type Route, route } from '../http/route.ts';
import { isoTimestamp } from '../http/schemas.ts';
import { certificatePem } from './certificate-items.ts';
import type { OwnFiles } from './own-files.ts';
import type { ServerCertificate } from './server-certificate.ts';

const serverCertificateSchema = z
  .object({
    source: z
      .enum(['file', 'authority'])
      .meta({ description: '`authority`: issued by our own, and renewed by itself' }),
    subject: z.string(),
    names: z.string().nullable().meta({ description: 'Host names and addresses that it is for' }),
    notBefore: isoTimestamp,
    notAfter: isoTimestamp,
    pem: z.string(),
  })
  .meta({ id: 'ServerCertificate' });

export interface ServerRoutesOptions {
  readonly server: ServerCertificate;
  readonly files: OwnFiles;
}

/** The certificate that our own servers show to devices. */
export function serverRoutes({ server, files }: ServerRoutesOptions): Route[] {
  const item = (): z.infer<typeof serverCertificateSchema> => {
    const { subject, subjectAltName = null, validFromDate, validToDate, raw } = server.certificate;
    // Node has no subject for an empty name, whatever its type says.
    const text = ((subject as string | undefined) ?? '').replaceAll('\n', ', ');
    return { source: server.source, subject: text, names: subjectAltName, notBefore: validFromDate.toISOString(), notAfter: validToDate.toISOString(), pem: certificatePem(raw) }; // prettier-ignore
  };
  return [
    route({
      method: 'get',
      path: '/api/v1/certificates/server',
      operationId: 'getServerCertificate',
      summary: 'The certificate that devices are shown over CoAPS',
      tag: 'Certificates',
      access: 'read',
      answers: { 200: { description: 'It', schema: serverCertificateSchema } },
      handle: () => ({ body: item() }),
    }),
    route({
      method: 'post',
      path: '/api/v1/certificates/reload',
      operationId: 'reloadCertificates',
      summary: 'Takes the files of the certificates of CoAPS anew',
      description: 'They are looked at each minute too. What is open stays open; new handshakes have what is new.',
      tag: 'Certificates',
      access: 'administer',
      answers: {
        200: {
          description: 'They are as in the files',
          schema: serverCertificateSchema.extend({ changed: z.boolean() }).meta({ id: 'CertificateReload' }),
        },
        422: { description: 'Something in the files can not be used, and what was before stays: `detail` says what' },
      },
      handle: async () => {
        const { changed, problems } = await files.check();
        if (problems.length > 0) throw new ApiError(422, 'bad-files', problems.join('; '));
        return { body: { ...item(), changed }, audit: { changed } };
      },
    }),
  ];
}
