import { parsePath, recordsFromNode, type PathLike, type ResourceRecord } from '@flownexus/lwm2m-core';
import { nodesFromJson, nodesFromRecords, nodesToJson } from '@flownexus/lwm2m-core/node-json';
import type { OperationResult } from '@flownexus/lwm2m-server';
import type { Request, Response, Router } from 'express';
import { deviceCall, performAndAnswer, type DeviceCall } from './call.ts';
import { checkingInput } from './leshan-error.ts';
import type { LeshanOptions } from './options.ts';
import { formatOf, pathsOf } from './query.ts';
import { responseJson, type ResponseJson } from './response-json.ts';
import { addRoute, jsonOf } from './routes.ts';
import { inWholeSeconds } from './whole-seconds.ts';
import { codeJson } from './operation-routes.ts';

/** Read-Composite and Write-Composite. */
export function addCompositeRoutes(router: Router, options: LeshanOptions): void {
  addRoute(router, '/clients/:ep/composite', options, {
    GET: {
      permission: 'operate',
      handler: (request, response) => readComposite(response, deviceCall(request, options)),
    },
    PUT: {
      permission: 'operate',
      action: 'writeComposite',
      hasBody: true,
      handler: (request, response) => writeComposite(request, response, deviceCall(request, options)),
    },
  });
}

async function readComposite(response: Response, call: DeviceCall): Promise<string> {
  const paths = pathsOf(call.query);
  const operation = { kind: 'readComposite', paths, ...compositeFormats(call.query) } as const;
  return performAndAnswer(call, operation, response, (result) => compositeJson(result, paths, call));
}

async function writeComposite(request: Request, response: Response, call: DeviceCall): Promise<string> {
  const changes = await checkingInput(() => {
    const nodes = nodesFromJson(jsonOf(request), call.definitions);
    return [...nodes].flatMap(([path, node]): ResourceRecord[] =>
      recordsFromNode(inWholeSeconds(node), parsePath(path)),
    );
  });
  const contentFormat = formatOf(call.query, 'nodeformat');
  const chosen = contentFormat === undefined ? {} : { contentFormat };
  return performAndAnswer(call, { kind: 'writeComposite', changes, ...chosen }, response, codeJson);
}

/** The formats of the list of paths, and of the answer. */
export function compositeFormats(query: URLSearchParams): {
  readonly contentFormat?: number;
  readonly accept?: number;
} {
  const contentFormat = formatOf(query, 'pathformat');
  const accept = formatOf(query, 'nodeformat');
  return {
    ...(contentFormat === undefined ? {} : { contentFormat }),
    ...(accept === undefined ? {} : { accept }),
  };
}

/** The answer with the nodes that came, by the paths that were asked for; those that the device does not have are not there. */
export function compositeJson(
  { responseCode, records = [] }: OperationResult,
  paths: readonly PathLike[],
  { definitions }: Pick<DeviceCall, 'definitions'>,
): ResponseJson {
  return responseJson(responseCode, { content: nodesToJson(nodesFromRecords(records, definitions, paths)) });
}
