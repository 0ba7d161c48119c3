import type { Request, Response } from 'express';
import { z } from 'zod';
import { ANSWERED } from '../http/route.ts';

/** `format` of a query: how certificates and lists are given. */
export const formatQuery = z.strictObject({
  format: z.enum(['pem', 'der']).optional().meta({ description: 'Instead of `Accept`' }),
});

export const PEM = 'application/x-pem-file';

/** Answers with one of the two forms: as the query or else `Accept` asks for, the first by default. Only that one is made. */
export function answerBytes(
  {
    request,
    response,
    query,
  }: { readonly request: Request; readonly response: Response; readonly query: z.output<typeof formatQuery> },
  forms: readonly {
    readonly format: 'pem' | 'der';
    readonly type: string;
    readonly bytes: () => string | Uint8Array;
  }[],
): typeof ANSWERED {
  const accepted = request.accepts(forms.map(({ type }) => type));
  const form =
    forms.find(({ format, type }) => (query.format === undefined ? type === accepted : format === query.format)) ??
    forms[0];
  // A string would be sent as UTF-8 with a charset, which PEM has not.
  if (form !== undefined) response.set('Content-Type', form.type).send(asBuffer(form.bytes()));
  return ANSWERED;
}

/** Without a copy of what is bytes already. */
function asBuffer(bytes: string | Uint8Array): Buffer {
  return typeof bytes === 'string' ? Buffer.from(bytes) : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
