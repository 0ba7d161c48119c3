import { DecodeError, type DefinitionSource, type ObjectRegistry } from '@flownexus/lwm2m-core';
import {
  OperationRejectedError,
  type Device,
  type Lwm2mServer,
  type Operation,
  type OperationResult,
  type Registration,
} from '@flownexus/lwm2m-server';
import type { Request, Response } from 'express';
import { checkingInput, LeshanError } from './leshan-error.ts';
import { queryOf, timeoutOf } from './query.ts';
import { rejectionJson, type ResponseJson } from './response-json.ts';
import { endpointOf } from './routes.ts';

/** A call that is about a registered endpoint. */
export interface DeviceCall {
  readonly registration: Registration;
  readonly device: Device;
  /** As the endpoint has its Objects. */
  readonly definitions: DefinitionSource;
  readonly query: URLSearchParams;
  /** How long the device has for its answer, in milliseconds. */
  readonly timeoutMs: number;
}

/**
 * What the address of a call is about.
 *
 * @throws LeshanError when the endpoint is not registered, or the timeout is none
 */
export function deviceCall(
  request: Request,
  { server, objects }: { readonly server: Lwm2mServer; readonly objects: ObjectRegistry },
): DeviceCall {
  const registration = registrationOf(request, server);
  const query = queryOf(request);
  return {
    registration,
    device: server.device(registration.endpointName),
    definitions: objects.forVersions(registration.objectVersions),
    query,
    timeoutMs: timeoutOf(query),
  };
}

/** The registration of the endpoint that a call is about. @throws LeshanError when it is not registered */
export function registrationOf(request: Request, server: Lwm2mServer): Registration {
  const endpointName = endpointOf(request);
  const registration = server.registration(endpointName);
  if (registration !== undefined) return registration;
  throw new LeshanError(400, `No registered client with id '${endpointName}'`);
}

/**
 * Performs an operation and answers with what the device said. It waits until the operation is delivered to a device that sleeps; it is given up on when
 * the caller leaves.
 *
 * @returns the status of the device
 */
export async function performAndAnswer(
  { device, timeoutMs }: DeviceCall,
  operation: Operation,
  response: Response,
  toJson: (result: OperationResult) => ResponseJson,
): Promise<string> {
  const left = new AbortController();
  response.once('close', () => left.abort());
  return answer(response, () =>
    checkingInput(async () => toJson(await device.perform(operation, { timeoutMs, signal: left.signal }))),
  );
}

/**
 * Answers with what a device said, also where that is a refusal.
 *
 * @returns the status of the device
 */
export async function answer(response: Response, perform: () => Promise<ResponseJson>): Promise<string> {
  const json = await perform().catch((error: unknown) => {
    if (error instanceof OperationRejectedError) return rejectionJson(error);
    throw error;
  });
  response.json(json);
  return json.status;
}

/** What a caller gave in the query as attributes. @throws LeshanError for what is none */
export function parsingAttributes<T>(parse: () => T): T {
  try {
    return parse();
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error;
    throw new LeshanError(400, `Invalid attributes: expected ${error.expected}, found ${error.found}`);
  }
}
