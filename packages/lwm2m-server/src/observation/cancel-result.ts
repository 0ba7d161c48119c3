import { Code, formatCode, type CoapResponse } from '@flownexus/coap';
import { decodeContent } from '../downlink/answer.ts';
import { namingOfAll } from '../downlink/names.ts';
import type { OperationResult } from '../downlink/operation.ts';
import { Lwm2mServerError } from '../errors.ts';
import type { NotificationSource } from './notification-intake.ts';

/**
 * What a device answered to the end of an observation: its code and, where they decode, the values that came with it. What does not decode is left out, since the observation
 * has ended all the same.
 */
export function cancelResult(
  { target: { path, paths }, endpoint, context }: Pick<NotificationSource, 'target' | 'endpoint' | 'context'>,
  response: CoapResponse,
): OperationResult {
  const responseCode = formatCode(response.code);
  if (response.code !== Code.CONTENT) return { responseCode };
  try {
    return { responseCode, ...decodeContent(response, undefined, path, namingOfAll(endpoint, paths), context) };
  } catch (error) {
    if (error instanceof Lwm2mServerError && error.code === 'ERR_LWM2M_SERVER_PAYLOAD') return { responseCode };
    throw error;
  }
}
