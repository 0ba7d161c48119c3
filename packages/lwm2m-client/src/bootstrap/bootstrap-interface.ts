import { Code, type CoapReply, type IncomingRequest } from '@flownexus/coap';
import {
  ContentFormat,
  formatPath,
  parsePath,
  pathLevel,
  UNASSIGNED_INSTANCE_ID,
  type Path,
} from '@flownexus/lwm2m-core';
import { Refusal } from '../errors.ts';
import { answerQuietly } from '../operations/answer-quietly.ts';
import type { Device } from '../operations/device.ts';
import { badRequest, notAllowed } from '../operations/refuse.ts';
import { bootstrapDiscover } from './discover.ts';
import type { Provisioning } from './provisioning.ts';
import { bootstrapRead } from './read.ts';
import { inconsistency } from './server-accounts.ts';
import { bootstrapWrite } from './write.ts';

/** What the device answers to its bootstrap server (TS Core §6.1.7): which operation a request is, and what it does. */
export class BootstrapInterface {
  readonly #device: Device;
  readonly #provisioning: Provisioning;
  readonly #onFinishing: () => void;
  readonly #onFinished: () => void;

  /**
   * `onFinishing` is called before it is looked at what the bootstrap server has given, `onFinished` when a Bootstrap-Finish has been
   * answered with success.
   */
  constructor(device: Device, provisioning: Provisioning, onFinishing: () => void, onFinished: () => void) {
    this.#device = device;
    this.#provisioning = provisioning;
    this.#onFinishing = onFinishing;
    this.#onFinished = onFinished;
  }

  /** Answers a request of the bootstrap server. */
  answer(request: IncomingRequest): CoapReply | Promise<CoapReply> {
    return answerQuietly(this.#device.tree, () => this.#perform(request));
  }

  #perform(request: IncomingRequest): CoapReply {
    const { method, path, accept } = request;
    if (method === Code.POST) {
      if (path.length !== 1 || path[0] !== 'bs') throw notAllowed('a POST but for Bootstrap-Finish');
      return this.#finish();
    }
    const target = targetOf(path);
    switch (method) {
      case Code.GET:
        return accept === ContentFormat.LINK_FORMAT
          ? bootstrapDiscover(this.#device, target)
          : bootstrapRead(this.#device, target, accept);
      case Code.PUT:
        return bootstrapWrite(this.#device, this.#provisioning, target, request);
      case Code.DELETE:
        return this.#delete(target);
      default:
        throw notAllowed('no such operation');
    }
  }

  /** TS Core §6.1.7: also of what is not there, or always stays. */
  #delete(path: Path): CoapReply {
    if (pathLevel(path) > 2) throw badRequest(`a Bootstrap-Delete of ${formatPath(path)}`);
    this.#provisioning.removeInstances(path);
    return { code: Code.DELETED };
  }

  #finish(): CoapReply {
    this.#onFinishing();
    const problem = inconsistency(this.#device.tree);
    if (problem !== undefined) throw new Refusal(Code.NOT_ACCEPTABLE, problem);
    return { code: Code.CHANGED, afterSent: this.#onFinished, onUnsent: this.#onFinished };
  }
}

/** @throws Lwm2mError, which is answered 4.00; Refusal 4.00 */
function targetOf(segments: readonly string[]): Path {
  const path = parsePath(`/${segments.join('/')}`);
  // Devices behind a gateway are not bootstrapped through it, and 65535 is the id of no instance (TS Core §7.2).
  if (path.prefix !== undefined || path.objectInstanceId === UNASSIGNED_INSTANCE_ID) {
    throw badRequest(`nothing is bootstrapped at ${formatPath(path)}`);
  }
  return path;
}
