import {
  DecodeError,
  parseAttributes,
  parseExecuteArguments,
  parsePath,
  pathLevel,
  type ExecuteArgument,
  type Lwm2mNode,
  type ObjectInstanceNode,
  type PathLevel,
} from '@flownexus/lwm2m-core';
import { linkToJson, nodeFromJson, nodeToJson } from '@flownexus/lwm2m-core/node-json';
import type { OperationResult } from '@flownexus/lwm2m-server';
import type { Request, Response, Router } from 'express';
import { deviceCall, parsingAttributes, performAndAnswer, type DeviceCall } from './call.ts';
import { checkingInput, invalidRequest } from './leshan-error.ts';
import type { LeshanOptions } from './options.ts';
import { formatOf, queryItems, rawQuery } from './query.ts';
import { responseJson, type ResponseJson } from './response-json.ts';
import { addRoute, jsonOf, pathOf, textOf, type Handler } from './routes.ts';
import { inWholeSeconds } from './whole-seconds.ts';

/** Answers a call about a registered endpoint. */
type DeviceHandler = (request: Request, response: Response, call: DeviceCall) => Promise<string>;

/** The operations on one path. Added after all other addresses below an endpoint, since a path has any number of segments. */
export function addOperationRoutes(router: Router, options: LeshanOptions): void {
  const calling =
    (handler: DeviceHandler): Handler =>
    (request, response) =>
      handler(request, response, deviceCall(request, options));

  addRoute(router, '/clients/:ep/*path/discover', options, {
    GET: { permission: 'operate', handler: calling(discover) },
  });
  addRoute(router, '/clients/:ep/*path/attributes', options, {
    PUT: { permission: 'operate', action: 'writeAttributes', handler: calling(writeAttributes) },
  });
  addRoute(router, '/clients/:ep/*path', options, {
    GET: { permission: 'operate', handler: calling(read) },
    PUT: { permission: 'operate', action: 'write', hasBody: true, handler: calling(write) },
    POST: {
      permission: 'operate',
      action: (request) => (isOfObject(request) ? 'create' : 'execute'),
      hasBody: true,
      handler: calling((request, ...others) => (isOfObject(request) ? create : execute)(request, ...others)),
    },
    DELETE: { permission: 'operate', action: 'delete', handler: calling(remove) },
  });
}

async function read(request: Request, response: Response, call: DeviceCall): Promise<string> {
  const accept = formatOf(call.query, 'format') ?? null; // without one none is asked for
  return performAndAnswer(call, { kind: 'read', path: pathOf(request), accept }, response, contentJson);
}

async function discover(request: Request, response: Response, call: DeviceCall): Promise<string> {
  return performAndAnswer(call, { kind: 'discover', path: pathOf(request) }, response, (result) =>
    responseJson(result.responseCode, { objectLinks: (result.links ?? []).map(linkToJson) }),
  );
}

async function write(request: Request, response: Response, call: DeviceCall): Promise<string> {
  const path = pathOf(request);
  const node = await checkingInput(() => writtenNode(request, path, call));
  const mode = isReplace(call.query) ? 'replace' : 'update';
  return performAndAnswer(call, { kind: 'write', path, mode, node, ...writtenIn(call) }, response, codeJson);
}

/** The query is the list of attributes; only the timeout is ours. */
async function writeAttributes(request: Request, response: Response, call: DeviceCall): Promise<string> {
  const attributes = parsingAttributes(() => parseAttributes(queryItems(rawQuery(request), ['timeout'])));
  return performAndAnswer(call, { kind: 'writeAttributes', path: pathOf(request), attributes }, response, codeJson);
}

async function create(request: Request, response: Response, call: DeviceCall): Promise<string> {
  const path = pathOf(request);
  const instance = await checkingInput(() =>
    instanceOf(inWholeSeconds(nodeFromJson(jsonOf(request), path, call.definitions))),
  );
  return performAndAnswer(call, { kind: 'create', path, instance, ...writtenIn(call) }, response, (result) =>
    responseJson(result.responseCode, result.createdPath === undefined ? {} : { location: result.createdPath }),
  );
}

async function execute(request: Request, response: Response, call: DeviceCall): Promise<string> {
  const path = pathOf(request);
  if (levelOf(path) !== 3) throw invalidRequest('Invalid path: a Create names an Object, an Execute a Resource');
  const args = await checkingInput((): readonly ExecuteArgument[] => parseExecuteArguments(textOf(request)));
  return performAndAnswer(call, { kind: 'execute', path, arguments: args }, response, codeJson);
}

async function remove(request: Request, response: Response, call: DeviceCall): Promise<string> {
  return performAndAnswer(call, { kind: 'delete', path: pathOf(request) }, response, codeJson);
}

/** The answer with the node that came. */
export function contentJson({ responseCode, node }: OperationResult): ResponseJson {
  return responseJson(responseCode, node === undefined ? {} : { content: nodeToJson(node) });
}

/** An answer that has nothing but its code. */
export function codeJson({ responseCode }: OperationResult): ResponseJson {
  return responseJson(responseCode);
}

/** A node in JSON, or the text of a value. */
function writtenNode(request: Request, path: string, { definitions }: DeviceCall): Lwm2mNode {
  if (levelOf(path) < 2) throw invalidRequest('Invalid path: a Write names an Object Instance at least');
  const isText = request.is('text/plain') === 'text/plain';
  const json: unknown = isText ? textNode(textOf(request), path) : jsonOf(request);
  return inWholeSeconds(nodeFromJson(json, path, definitions));
}

function textNode(value: string, path: string): object {
  const { resourceId, resourceInstanceId } = parsePath(path);
  return resourceInstanceId === undefined
    ? { kind: 'singleResource', id: resourceId, type: 'STRING', value }
    : { kind: 'resourceInstance', id: resourceInstanceId, type: 'STRING', value };
}

function instanceOf(node: Lwm2mNode): ObjectInstanceNode {
  if (node.kind === 'objectInstance') return node;
  throw invalidRequest('a Create has one Object Instance');
}

function writtenIn({ query }: DeviceCall): { readonly contentFormat?: number } {
  const contentFormat = formatOf(query, 'format');
  return contentFormat === undefined ? {} : { contentFormat };
}

function isReplace(query: URLSearchParams): boolean {
  const text = query.get('replace') ?? 'true';
  if (text !== 'true' && text !== 'false') throw invalidRequest('replace is true or false');
  return text === 'true';
}

function isOfObject(request: Request): boolean {
  return levelOf(pathOf(request)) === 1;
}

/** How many ids a path has; 0 for one that does not parse, which is of no operation. */
function levelOf(path: string): PathLevel {
  try {
    return pathLevel(parsePath(path));
  } catch (error) {
    if (error instanceof DecodeError) return 0;
    throw error;
  }
}
