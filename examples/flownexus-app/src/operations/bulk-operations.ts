import { randomBytes } from 'node:crypto';
import type { DefinitionSource } from '@flownexus/lwm2m-core';
import { endpointNameProblem, type Operation, type OperationQueue } from '@flownexus/lwm2m-server';
import { z } from 'zod';
import { isUnavailable } from '../database/faults.ts';
import type { Database } from '../database/open-database.ts';
import { ApiError } from '../http/errors.ts';
import { limits } from '../limits.ts';
import type { bulkBody, EndpointSelection } from './operation-body.ts';
import { formatOperationMetadata } from './operation-metadata.ts';
import { callingQueue } from './queue-errors.ts';
import { knownEndpoints, selectEndpoints } from './select-endpoints.ts';
import { toOperation, toQueueOptions } from './to-operation.ts';

/** What became of a bulk when it was queued. */
export const bulkResultSchema = z
  .object({
    id: z.string().meta({ description: 'Of all its operations: `?bulk=` of the list' }),
    endpoints: z.int().meta({ description: 'How many were selected' }),
    queued: z.int(),
    refused: z.int(),
    refusals: z
      .array(z.object({ endpoint: z.string(), code: z.string(), message: z.string() }))
      .readonly()
      .meta({ description: `The first ${String(limits.bulkRefusals)} of them` }),
  })
  .meta({ id: 'BulkResult' });
export type BulkResult = z.infer<typeof bulkResultSchema>;

export interface BulkOptions {
  readonly database: Database;
  readonly queue: Pick<OperationQueue, 'add'>;
  readonly definitionsOf: (endpointName: string) => DefinitionSource;
}

/**
 * Queues one operation for each of many endpoints, under one id. What is refused for one of them is refused for it alone, and is in the answer. When the
 * database goes away in between, what is left is refused, too.
 *
 * @param unknown whether names of endpoints that are not known count
 * @throws ApiError 409 when there are more endpoints than one bulk may have, 400 when the operation can not be sent to any
 */
export async function queueBulk(
  { database, queue, definitionsOf }: BulkOptions,
  { endpoints, operation: body }: z.output<typeof bulkBody>,
  { createdBy, unknown }: { readonly createdBy: string | undefined; readonly unknown: boolean },
): Promise<BulkResult> {
  const { names, refused } = await select(database, endpoints, unknown);
  const selected = names.length + refused.length;
  const id = randomBytes(12).toString('base64url');
  const options = { ...toQueueOptions(body), metadata: formatOperationMetadata({ createdBy, bulkId: id }) };
  // Endpoints with the same versions of their Objects have their definitions in common.
  const operations = new Map<DefinitionSource, Operation>();
  const operationFor = (name: string): Operation => {
    const definitions = definitionsOf(name);
    const operation = operations.get(definitions) ?? toOperation(body, definitions, 'body.operation');
    operations.set(definitions, operation);
    return operation;
  };
  // What is wrong for the first is wrong for all, but for those with other versions of the Object.
  const [first] = names;
  if (first !== undefined) operationFor(first);

  let away = false as boolean;
  const add = async (endpoint: string): Promise<void> => {
    try {
      if (away) throw AWAY;
      await callingQueue(async () => queue.add(endpoint, operationFor(endpoint), options));
    } catch (error) {
      away ||= isUnavailable(error);
      const refusal = isUnavailable(error) ? AWAY : error;
      if (!(refusal instanceof ApiError)) throw error;
      refused.push({ endpoint, code: refusal.code, message: refusal.message });
    }
  };
  for (let from = 0; from < names.length; from += limits.bulkAtOnce) {
    await Promise.all(names.slice(from, from + limits.bulkAtOnce).map(add));
  }
  const queued = selected - refused.length;
  if (away && queued === 0) throw AWAY;
  return { id, endpoints: selected, queued, refused: refused.length, refusals: refused.slice(0, limits.bulkRefusals) };
}

const AWAY = new ApiError(503, 'unavailable', 'the database can not be used at present; try again later');

interface Selected {
  readonly names: readonly string[];
  readonly refused: BulkResult['refusals'][number][];
}

async function select(database: Database, selection: EndpointSelection, unknown: boolean): Promise<Selected> {
  if (selection.names === undefined) {
    const names = await selectEndpoints(database, selection, limits.bulkEndpoints + 1);
    if (names.length <= limits.bulkEndpoints) return { names, refused: [] };
    throw new ApiError(409, 'quota-exceeded', `a bulk is for ${String(limits.bulkEndpoints)} endpoints at most`);
  }
  const asked = [...new Set(selection.names)];
  const known = await knownEndpoints(database, asked, selection);
  const names: string[] = [];
  const refused: BulkResult['refusals'][number][] = [];
  for (const endpoint of asked) {
    const problem = endpointNameProblem(endpoint);
    if (known.has(endpoint) || (unknown && problem === undefined)) names.push(endpoint);
    else refused.push({ endpoint, code: 'unknown-endpoint', message: problem ?? 'it is not known, or not one of those that were selected' }); // prettier-ignore
  }
  return { names, refused };
}
