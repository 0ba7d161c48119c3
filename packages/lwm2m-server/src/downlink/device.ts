import type { Path, PathLike } from '@flownexus/lwm2m-core';
import type { Device, OperationOptions, ReadOptions, ReadResult } from '../api/device.ts';
import type { DeviceObservation } from '../api/observation.ts';
import { Lwm2mServerError } from '../errors.ts';
import type { RegisteredEndpoint } from '../registration/registered-endpoint.ts';
import type { Registration } from '../registration/registration.ts';
import type { DecodingContext } from './answer.ts';
import { readPath } from './read.ts';
import { readablePath } from './target.ts';

/** What devices need of the server. */
export interface DeviceContext extends DecodingContext {
  find(endpointName: string): RegisteredEndpoint | undefined;
  /** Observes a path. Given an error in place of an endpoint, the observation fails with it. */
  observe(endpoint: RegisteredEndpoint | Lwm2mServerError, path: Path, options: ReadOptions): DeviceObservation;
}

/** The downlink operations on one endpoint name. It holds no state: whoever is registered under the name is meant. */
export class RegisteredDevice implements Pick<Device, 'endpointName' | 'registration' | 'read' | 'observe'> {
  readonly endpointName: string;
  readonly #context: DeviceContext;

  constructor(endpointName: string, context: DeviceContext) {
    this.endpointName = endpointName;
    this.#context = context;
  }

  get registration(): Registration | undefined {
    return this.#context.find(this.endpointName)?.registration;
  }

  async read(path: PathLike, options: ReadOptions = {}): Promise<ReadResult> {
    const target = readablePath(path);
    const endpoint = this.#find();
    if (endpoint instanceof Lwm2mServerError) throw endpoint;
    return readPath(endpoint, target, this.#context, options);
  }

  observe(path: PathLike, options: ReadOptions = {}): DeviceObservation {
    checkTimeout(options);
    return this.#context.observe(this.#find(), readablePath(path), options);
  }

  #find(): RegisteredEndpoint | Lwm2mServerError {
    return (
      this.#context.find(this.endpointName) ??
      new Lwm2mServerError('ERR_LWM2M_SERVER_NOT_REGISTERED', `${this.endpointName} is not registered`)
    );
  }
}

/** @throws RangeError */
function checkTimeout({ timeoutMs }: OperationOptions): void {
  if (timeoutMs === undefined || (timeoutMs >= 0 && timeoutMs < Infinity)) return;
  throw new RangeError(`timeoutMs is a number of milliseconds, 0 or more, not ${timeoutMs}`);
}
