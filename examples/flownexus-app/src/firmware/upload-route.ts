import type { Response } from 'express';
import { z } from 'zod';
import { bodyBytes, bodyLength } from '../http/binary-body.ts';
import { ApiError } from '../http/errors.ts';
import { type Route, route } from '../http/route.ts';
import { storableText } from '../http/schemas.ts';
import { limits } from '../limits.ts';
import { sha256Of } from './content-digest.ts';
import { type FirmwareItem, firmwareItemSchema } from './firmware-item.ts';
import type { FirmwareRepository, StoredPackage } from './firmware-repository.ts';
import { COLLECTION, notes, TAG } from './firmware-routes.ts';

/** Neither of them has characters that no screen shows. */
const shown = storableText.refine((text) => !/\p{Cc}/u.test(text), 'expected no control characters');
const fileName = shown
  .min(1)
  .max(limits.firmwareFileNameLength)
  .refine((text) => !/[/\\]/.test(text) && text !== '.' && text !== '..', 'expected a name without a folder');

export interface UploadRouteOptions {
  readonly repository: Pick<FirmwareRepository, 'add'>;
  readonly itemOf: (stored: StoredPackage) => FirmwareItem;
}

/** `POST /api/v1/firmware`. */
export function uploadRoute({ repository, itemOf }: UploadRouteOptions): Route {
  return route({
    method: 'post',
    path: COLLECTION,
    operationId: 'uploadFirmware',
    summary: 'Uploads a firmware package',
    description:
      'The body is the package itself. It is stored when the answer is 201, and of one that broke off nothing is. A digest in `Repr-Digest` or `Content-Digest` ' +
      '(`sha-256`, RFC 9530) is verified like that of the query.',
    tag: TAG,
    access: 'operate',
    query: z.strictObject({
      version: shown.trim().min(1).max(limits.firmwareVersionLength).meta({ description: 'What devices say when they run it; each version once' }), // prettier-ignore
      fileName: fileName.default('firmware.bin').meta({ description: 'The end of the address that devices get' }),
      notes: notes.optional(),
      sha256: z
        .string()
        .regex(/^[0-9a-f]{64}$/i, 'expected 64 hexadecimal digits')
        .toLowerCase()
        .optional()
        .meta({ description: 'What its SHA-256 has to be' }),
    }),
    binaryBody: true,
    answers: {
      201: { description: 'It is stored', schema: firmwareItemSchema },
      409: { description: 'There is one of that version, or there are as many as there may be' },
      413: { description: 'It is larger than `maxFirmwareBytes` of the settings' },
      415: { description: 'The body is not of type application/octet-stream, or has a content-encoding' },
      422: { description: 'It has another digest than was said' },
      429: { description: 'Too many are being uploaded; `Retry-After` says when to try again' },
      507: { description: 'The disk has no room for it' },
    },
    handle: async ({ query, principal, request, response }) => {
      const said = ['repr-digest', 'content-digest'].map((name) => sha256Of(name, request.get(name)));
      const stored = await orTryAgain(
        response,
        repository.add(
          {
            version: query.version,
            fileName: query.fileName,
            notes: query.notes ?? null,
            createdBy: principal?.actor ?? '',
            length: bodyLength(request),
            sha256: [query.sha256, ...said].filter((digest) => digest !== undefined),
          },
          bodyBytes(request),
        ),
      );
      const { id, version, size, sha256 } = stored;
      return {
        status: 201,
        headers: { Location: `${COLLECTION}/${id}` },
        body: itemOf(stored),
        audit: { id, version, size, sha256 },
      };
    },
  });
}

async function orTryAgain<T>(response: Response, result: Promise<T>): Promise<T> {
  try {
    return await result;
  } catch (error) {
    if (error instanceof ApiError && error.status === 429)
      response.set('Retry-After', String(limits.uploadRetrySeconds));
    throw error;
  }
}
