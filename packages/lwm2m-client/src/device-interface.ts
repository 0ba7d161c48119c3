import { Code, type CoapReply, type IncomingRequest } from '@flownexus/coap';
import {
  ContentFormat,
  encodePayload,
  formatPath,
  Lwm2mError,
  parsePath,
  pathLevel,
  type Lwm2mNode,
  type Path,
} from '@flownexus/lwm2m-core';
import type { ObjectTree } from './object-tree.ts';

/** What the device can answer a Read in, its own choice first, as Zephyr chooses for LwM2M 1.1. */
const READ_FORMATS: readonly number[] = [
  ContentFormat.SENML_CBOR,
  ContentFormat.SENML_JSON,
  ContentFormat.TLV,
  ContentFormat.CBOR,
  ContentFormat.TEXT,
  ContentFormat.OPAQUE,
];

/** Read and Observe on the device (TS Core §6.3.1, §6.4.1): what it answers for a path in the asked format. */
export class DeviceInterface {
  readonly #objects: ObjectTree;

  constructor(objects: ObjectTree) {
    this.#objects = objects;
  }

  /** Answers a request of the server; `observe` gives the relation its notifications' path and format. */
  answer(request: IncomingRequest, observe: (path: Path, contentFormat: number) => boolean): CoapReply {
    if (request.method !== Code.GET) return { code: Code.METHOD_NOT_ALLOWED };
    let path: Path;
    try {
      path = parsePath(`/${request.path.join('/')}`);
    } catch (error) {
      if (error instanceof Lwm2mError) return { code: Code.NOT_FOUND };
      throw error;
    }
    // Zephyr and Wakaama refuse a Read of everything, and so do we: TS Core §6.3.1 targets an Object or below.
    if (pathLevel(path) === 0) return { code: Code.METHOD_NOT_ALLOWED };
    const reply = this.read(path, request.accept);
    if (reply.code === Code.CONTENT && request.observe === 0 && reply.contentFormat !== undefined) {
      if (!observe(path, reply.contentFormat)) return { code: Code.SERVICE_UNAVAILABLE };
    }
    return reply;
  }

  /** The data at a path as a response; without `accept` the device chooses the format. */
  read(path: Path, accept: number | undefined): CoapReply {
    // TS Core §6.3.1: the Security Object is the bootstrap server's alone.
    if (path.objectId === 0) return { code: Code.UNAUTHORIZED };
    const node = this.#objects.read(path);
    if (node === undefined) return { code: Code.NOT_FOUND };
    if (accept !== undefined && !READ_FORMATS.includes(accept)) return { code: Code.NOT_ACCEPTABLE };
    const contentFormat = accept ?? ContentFormat.SENML_CBOR;
    const payload = this.#encode(node, contentFormat, path);
    return payload === undefined ? { code: Code.NOT_ACCEPTABLE } : { code: Code.CONTENT, contentFormat, payload };
  }

  #encode(node: Lwm2mNode, contentFormat: number, path: Path): Uint8Array | undefined {
    try {
      return encodePayload(node, contentFormat, formatPath(path), this.#objects.definitions);
    } catch (error) {
      // A format that can't carry this node, such as text for an Object Instance.
      if (error instanceof Lwm2mError && error.code === 'ERR_LWM2M_ENCODE') return undefined;
      throw error;
    }
  }
}
