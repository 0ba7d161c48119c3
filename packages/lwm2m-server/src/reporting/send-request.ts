import { Code, type IncomingRequest } from '@flownexus/coap';
import { ContentFormat, contentFormatName, describeContentFormat, ROOT_PATH } from '@flownexus/lwm2m-core';
import { decodeContent, type DecodedContent, type DecodingContext } from '../downlink/answer.ts';
import { Lwm2mServerError } from '../errors.ts';
import { RefusalError } from '../registration/refusal-error.ts';
import type { Registration } from '../registration/registration.ts';

/**
 * Reads a Send (TS Core §6.4.7): SenML in JSON or CBOR, LwM2M CBOR, and the JSON of LwM2M 1.0, which some devices stay with.
 *
 * An Object that the endpoint has not registered is refused with 4.04, as the table of response codes has it for Send. Those of devices behind a
 * gateway are never registered (TS Gateway §6) and pass.
 *
 * @throws RefusalError with the code to answer: 4.00, 4.04 or 4.15
 */
export function parseSend(
  request: Pick<IncomingRequest, 'contentFormat' | 'payload'>,
  registration: Registration,
  context: DecodingContext,
): DecodedContent {
  const { contentFormat } = request;
  if (contentFormat === undefined) throw badRequest('the Content-Format is missing');
  if (!holdsTreeFromRoot(contentFormat)) {
    const found = contentFormatName(contentFormat);
    throw new RefusalError(
      Code.UNSUPPORTED_CONTENT_FORMAT,
      `a Send is SenML or LwM2M CBOR (110, 112, 11544), not ${found}`,
    );
  }
  const content = decode(request, registration, context);
  if (content.records.length === 0) throw badRequest('the payload has no values');
  for (const { path } of content.records) {
    if (path.prefix !== undefined || path.objectId === undefined) continue;
    if (registration.instances.has(path.objectId)) continue;
    throw new RefusalError(Code.NOT_FOUND, `Object ${path.objectId} is not registered`);
  }
  return content;
}

function decode(
  request: Pick<IncomingRequest, 'contentFormat' | 'payload'>,
  registration: Registration,
  context: DecodingContext,
): DecodedContent {
  try {
    return decodeContent(request, undefined, ROOT_PATH, registration, context);
  } catch (error) {
    if (error instanceof Lwm2mServerError) throw badRequest(error.message);
    throw error;
  }
}

/** Formats for trees except TLV, in which a tree has no root. */
function holdsTreeFromRoot(contentFormat: number): boolean {
  const description = describeContentFormat(contentFormat);
  return description?.values === 'many' && (description.aliasOf ?? description.number) !== ContentFormat.TLV;
}

function badRequest(reason: string): RefusalError {
  return new RefusalError(Code.BAD_REQUEST, reason);
}
