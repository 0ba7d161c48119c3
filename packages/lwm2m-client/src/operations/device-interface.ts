import {
  Code,
  CoapError,
  type CoapReply,
  type EchoRequest,
  type IncomingRequest,
  type RequestBlock,
} from '@flownexus/coap';
import { Refusal } from '../errors.ts';
import {
  ContentFormat,
  Lwm2mError,
  parsePath,
  pathLevel,
  type AttributeChanges,
  type Path,
} from '@flownexus/lwm2m-core';
import { announcing, answerQuietly } from './answer-quietly.ts';
import { create } from './create.ts';
import { deletePath } from './delete.ts';
import type { Device } from './device.ts';
import { discover } from './discover.ts';
import { execute } from './execute.ts';
import { observeAttributes, type ObservedPaths } from './observe.ts';
import { compositeFormat, compositePaths, readComposite } from './read-composite.ts';
import { read } from './read.ts';
import { badRequest, notAllowed, notFound } from './refuse.ts';
import { writeAttributes } from './write-attributes.ts';
import { writeComposite } from './write-composite.ts';
import { write } from './write.ts';

/** Keeps the observation that a request asks for: whether there was room for it. */
export type KeepObservation = (observed: ObservedPaths) => boolean;

/**
 * What the device answers to the requests of one server: which operation of which path a request is (TS Transport §6.4.2), and
 * whether it may be. Changes are told to the listeners of the tree when the answer has left.
 */
export class DeviceInterface {
  readonly #device: Device;
  readonly #onAttributes: () => void;
  readonly #root: readonly string[];

  /** `onAttributes` is called when attributes have been written and the server has been answered. */
  constructor(device: Device, onAttributes: () => void) {
    this.#device = device;
    this.#onAttributes = onAttributes;
    this.#root = device.rootPath.split('/').filter((segment) => segment !== '');
  }

  /** Answers a request of the server; `keep` is called with the observation that it asks for. */
  answer(request: IncomingRequest, keep: KeepObservation): CoapReply | Promise<CoapReply> {
    return answerQuietly(this.#device.tree, () => this.#perform(request, keep));
  }

  /**
   * Looks at a block of a Write that others follow.
   *
   * @throws CoapError with the code of a refusal
   */
  block({ method, path: segments }: EchoRequest, { offset, size }: RequestBlock): void {
    const { tree } = this.#device;
    if (method !== Code.PUT && method !== Code.POST) return;
    try {
      const path = this.#pathOf(segments);
      tree.blockHandler(path)?.({ path, offset, size });
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      const { responseCode } = error;
      throw new CoapError('ERR_COAP_RESPONSE', error.message, { responseCode });
    }
  }

  #perform(request: IncomingRequest, keep: KeepObservation): CoapReply | Promise<CoapReply> {
    const path = this.#pathOf(request.path);
    switch (request.method) {
      case Code.GET:
        return request.accept === ContentFormat.LINK_FORMAT
          ? discover(this.#device, path, request.query)
          : this.#read(path, request, keep);
      case Code.PUT:
        return isWrite(request)
          ? write(this.#device, path, withoutQuery(request), 'replace')
          : announcing(writeAttributes(this.#device, path, request.query), this.#onAttributes);
      case Code.POST:
        return this.#post(path, withoutQuery(request));
      case Code.DELETE:
        return deletePath(this.#device, path);
      case Code.FETCH:
        return this.#fetch(path, request, keep);
      case Code.IPATCH:
        return writeComposite(this.#device, atRoot(path, withoutQuery(request)));
      default:
        throw notAllowed('no such operation');
    }
  }

  #read(path: Path, request: IncomingRequest, keep: KeepObservation): CoapReply {
    const attributes = this.#attributesOf(path, request);
    if (request.observe === undefined) this.#device.tree.aboutToRead(path);
    const reply = read(this.#device, path, request.accept);
    const { contentFormat = -1 } = reply;
    return kept(request, keep, { paths: [path], composite: false, contentFormat, attributes }, reply);
  }

  #fetch(path: Path, request: IncomingRequest, keep: KeepObservation): CoapReply {
    const paths = compositePaths(this.#device, atRoot(path, request));
    const attributes = this.#attributesOf(path, request);
    const contentFormat = compositeFormat(this.#device, request.contentFormat, request.accept);
    const reply = readComposite(this.#device, paths, contentFormat);
    return kept(request, keep, { paths, composite: true, contentFormat, attributes }, reply);
  }

  #attributesOf(path: Path, request: IncomingRequest): AttributeChanges | undefined {
    // A cancellation has the query of the Observe (RFC 7641 §3.6), which means nothing any more.
    if (request.observe === 1) return undefined;
    return observeAttributes(this.#device, path, request.observe === 0 ? request.query : withoutQuery(request).query);
  }

  #post(path: Path, request: IncomingRequest): CoapReply | Promise<CoapReply> {
    const { objectId = -1, resourceId = -1 } = path;
    const level = pathLevel(path);
    if (level < 2) return create(this.#device, path, request);
    const definition = level === 3 ? this.#device.tree.definitions.resource(objectId, resourceId) : undefined;
    // A Partial Update of a Resource has values and says in which format (TS Core §6.3.3).
    const isExecute = level === 3 && (definition?.operations === 'E' || !isWrite(request));
    return isExecute ? execute(this.#device, path, request) : write(this.#device, path, request, 'partial');
  }

  /** @throws Refusal 4.04 for what is no path of the data model */
  #pathOf(segments: readonly string[]): Path {
    const below = segments.slice(this.#root.length);
    const text = `/${below.join('/')}`;
    if (
      this.#root.some((segment, index) => segments[index] !== segment) ||
      below.some((segment) => segment.includes('/'))
    ) {
      throw notFound(text);
    }
    try {
      return parsePath(text);
    } catch (error) {
      if (error instanceof Lwm2mError) throw notFound('such path');
      throw error;
    }
  }
}

/** The reply, with which the observation begins when the request asks for one and there is room for it. */
function kept(request: IncomingRequest, keep: KeepObservation, observed: ObservedPaths, reply: CoapReply): CoapReply {
  return request.observe !== 0 || keep(observed) ? reply : { code: Code.SERVICE_UNAVAILABLE };
}

/** @throws Refusal 4.05: composite operations are of no path (TS Transport §6.4.2) */
function atRoot(path: Path, request: IncomingRequest): IncomingRequest {
  if (pathLevel(path) > 0) throw notAllowed('a composite operation of a path');
  return request;
}

/** Whether a request has values, as a Write-Attributes has not. */
function isWrite({ contentFormat, payload, query }: IncomingRequest): boolean {
  return contentFormat !== undefined || payload.length > 0 || query.length === 0;
}

/** @throws Refusal 4.00 */
function withoutQuery(request: IncomingRequest): IncomingRequest {
  if (request.query.length > 0) throw badRequest('a query that means nothing here');
  return request;
}
