import {
  formatPath,
  parsePath,
  toPath,
  UNASSIGNED_INSTANCE_ID,
  type AttributeChanges,
  type DefinitionSource,
  type ExecuteArgument,
  type ObjectInstanceNode,
  type Path,
  type PathLike,
  type ResourceChange,
  type ResourceNode,
} from '@flownexus/lwm2m-core';
import type {
  CompositeOptions,
  CompositeReadResult,
  CreateResult,
  Device,
  DiscoverResult,
  ObserveOptions,
  OperationOptions,
  RawResponse,
  ReadOptions,
  ReadResult,
  TriggerOptions,
  WriteContent,
  WriteOptions,
} from '../api/device.ts';
import type { IotDevice } from '../api/gateway.ts';
import type { DeviceObservation } from '../api/observation.ts';
import { Lwm2mServerError } from '../errors.ts';
import type { Presence } from '../presence/presence.ts';
import { checkTimeout, type DownlinkTurns, type OperationBounds } from '../queue/downlink-turns.ts';
import type { RegisteredEndpoint } from '../registration/registered-endpoint.ts';
import type { Registration } from '../registration/registration.ts';
import type { DecodingContext } from './answer.ts';
import { checkOperation } from './check-operation.ts';
import { compositePaths } from './composite.ts';
import { performCreate } from './create.ts';
import { performDiscover } from './discover.ts';
import { readGateway } from './gateway.ts';
import { namingOf } from './names.ts';
import type { Operation, OperationResult, RequestOperation } from './operation.ts';
import { performAny, type KeptObservations } from './perform-any.ts';
import { performRequest } from './raw-request.ts';
import { performReadComposite } from './read-composite.ts';
import { readPath } from './read.ts';
import { readablePath } from './target.ts';
import { bootstrapTrigger, performTrigger, updateTrigger, type Trigger } from './triggers.ts';
import { inOrder, nodeOfContent } from './write-content.ts';

/** What devices need of the server. */
export interface DeviceContext extends DecodingContext {
  readonly turns: Pick<DownlinkTurns, 'run'>;
  find(endpointName: string): RegisteredEndpoint | undefined;
  presenceOf(endpoint: RegisteredEndpoint): Presence;
  readonly observations: DeviceObservations;
}

/** What devices need of the observations. Given an error in place of an endpoint, an observation fails with it. */
export interface DeviceObservations extends KeptObservations {
  observe(endpoint: RegisteredEndpoint | Lwm2mServerError, path: Path, options: ObserveOptions): DeviceObservation;
  observeComposite(
    endpoint: RegisteredEndpoint | Lwm2mServerError,
    paths: readonly Path[],
    options: CompositeOptions & Pick<ObserveOptions, 'attributes'>,
  ): DeviceObservation;
}

/** The downlink operations on one endpoint name. It holds no state: whoever is registered under the name is meant. */
export class RegisteredDevice implements Device {
  readonly endpointName: string;
  readonly #context: DeviceContext;

  constructor(endpointName: string, context: DeviceContext) {
    this.endpointName = endpointName;
    this.#context = context;
  }

  get registration(): Registration | undefined {
    return this.#context.find(this.endpointName)?.registration;
  }

  get presence(): Presence | undefined {
    const endpoint = this.#context.find(this.endpointName);
    return endpoint === undefined ? undefined : this.#context.presenceOf(endpoint);
  }

  async read(path: PathLike, options: ReadOptions = {}): Promise<ReadResult> {
    const target = toPath(path);
    const operation = { kind: 'read', path: formatPath(target), ...pick(options, 'accept') } as const;
    const { accept } = options;
    return this.#run(operation, options, (endpoint, bounds) =>
      readPath(endpoint, target, this.#context, accept === undefined ? bounds : { ...bounds, accept }),
    );
  }

  async write(path: PathLike, content: WriteContent, options: WriteOptions = {}): Promise<void> {
    const target = toPath(path);
    const node = nodeOfContent(content, target, this.#definitions(target));
    const { mode = 'replace' } = options;
    await this.perform(
      { kind: 'write', path: formatPath(target), mode, node, ...pick(options, 'contentFormat') },
      options,
    );
  }

  async writeAttributes(path: PathLike, attributes: AttributeChanges, options?: OperationOptions): Promise<void> {
    await this.perform({ kind: 'writeAttributes', path: formatPath(toPath(path)), attributes }, options);
  }

  async execute(path: PathLike, args: readonly ExecuteArgument[] = [], options?: OperationOptions): Promise<void> {
    await this.perform({ kind: 'execute', path: formatPath(toPath(path)), arguments: args }, options);
  }

  async create(
    objectPath: PathLike,
    instance: ObjectInstanceNode | readonly ResourceNode[],
    options: Omit<WriteOptions, 'mode'> = {},
  ): Promise<CreateResult> {
    const operation = {
      kind: 'create',
      path: formatPath(toPath(objectPath)),
      instance: isResourceList(instance)
        ? ({ kind: 'objectInstance', id: UNASSIGNED_INSTANCE_ID, resources: inOrder(instance) } as const)
        : instance,
      ...pick(options, 'contentFormat'),
    } as const;
    const { createdPath } = await this.#run(operation, options, (endpoint, bounds) =>
      performCreate(endpoint, operation, this.#context, bounds),
    );
    return { path: createdPath === undefined ? undefined : parsePath(createdPath) };
  }

  async delete(path: PathLike, options?: OperationOptions): Promise<void> {
    await this.perform({ kind: 'delete', path: formatPath(toPath(path)) }, options);
  }

  async discover(
    path: PathLike,
    options: OperationOptions & { readonly depth?: 0 | 1 | 2 | 3 } = {},
  ): Promise<DiscoverResult> {
    const target = toPath(path);
    const operation = { kind: 'discover', path: formatPath(target), ...pick(options, 'depth') } as const;
    const { links } = await this.#run(operation, options, (endpoint, bounds) =>
      performDiscover(endpoint, operation, this.#context, bounds),
    );
    return { path: target, links };
  }

  observe(path: PathLike, options: ObserveOptions = {}): DeviceObservation {
    checkTimeout(options);
    return this.#context.observations.observe(this.#find(), readablePath(path), options);
  }

  async readComposite(paths: readonly PathLike[], options: CompositeOptions = {}): Promise<CompositeReadResult> {
    const targets = paths.map(toPath);
    const operation = {
      kind: 'readComposite',
      paths: targets.map(formatPath),
      ...pick(options, 'contentFormat', 'accept'),
    } as const;
    const result = await this.#run(operation, options, (endpoint, bounds) =>
      performReadComposite(endpoint, operation, this.#context, bounds),
    );
    const { contentFormat, node, records } = result;
    return { paths: targets, contentFormat, node, records };
  }

  async writeComposite(changes: readonly ResourceChange[], options: CompositeOptions = {}): Promise<void> {
    await this.perform({ kind: 'writeComposite', changes, ...pick(options, 'contentFormat', 'accept') }, options);
  }

  observeComposite(
    paths: readonly PathLike[],
    options: CompositeOptions & Pick<ObserveOptions, 'attributes'> = {},
  ): DeviceObservation {
    checkTimeout(options);
    const targets = compositePaths(paths.map((path) => formatPath(toPath(path))));
    return this.#context.observations.observeComposite(this.#find(), targets, options);
  }

  async request(request: Omit<RequestOperation, 'kind'>, options: OperationOptions = {}): Promise<RawResponse> {
    const operation = { kind: 'request', ...request } as const;
    return this.#run(operation, options, (endpoint, bounds) =>
      performRequest(endpoint, operation, this.#context, bounds),
    );
  }

  triggerUpdate(options?: TriggerOptions): Promise<void> {
    return this.#trigger(updateTrigger, options);
  }

  triggerBootstrap(options?: TriggerOptions): Promise<void> {
    return this.#trigger(bootstrapTrigger, options);
  }

  async perform(operation: Operation, options: OperationOptions = {}): Promise<OperationResult> {
    return this.#run(operation, options, (endpoint, bounds) => performAny(endpoint, operation, this.#context, bounds));
  }

  async gateway(options: OperationOptions = {}): Promise<readonly IotDevice[]> {
    return this.#context.turns.run(this.endpointName, options, (endpoint, bounds) =>
      readGateway(endpoint, this.#context, bounds),
    );
  }

  /** What can never be sent fails before its turn comes. */
  #run<T>(
    operation: Operation,
    options: OperationOptions,
    task: (endpoint: RegisteredEndpoint, bounds: OperationBounds) => Promise<T>,
  ): Promise<T> {
    checkOperation(operation);
    const { blockSize, onProgress } = options;
    if (blockSize === undefined && onProgress === undefined) {
      return this.#context.turns.run(this.endpointName, options, task);
    }
    const transfer = pick(options, 'blockSize', 'onProgress');
    return this.#context.turns.run(this.endpointName, options, (endpoint, bounds) =>
      task(endpoint, { ...bounds, ...transfer }),
    );
  }

  async #trigger(trigger: Trigger, options: TriggerOptions = {}): Promise<void> {
    await this.#context.turns.run(this.endpointName, options, (endpoint, bounds) =>
      performTrigger(endpoint, trigger, options.shortServerId, this.#context, bounds),
    );
  }

  #definitions(path: Path): DefinitionSource {
    const endpoint = this.#context.find(this.endpointName);
    const { objects } = this.#context;
    return endpoint === undefined ? objects : objects.forVersions(namingOf(endpoint, path).objectVersions);
  }

  #find(): RegisteredEndpoint | Lwm2mServerError {
    return (
      this.#context.find(this.endpointName) ??
      new Lwm2mServerError('ERR_LWM2M_SERVER_NOT_REGISTERED', `${this.endpointName} is not registered`)
    );
  }
}

/** The fields of options that are set. */
function pick<T extends object, Name extends keyof T>(options: T, ...names: readonly Name[]): Pick<T, Name> {
  const picked: Partial<T> = {};
  for (const name of names) if (options[name] !== undefined) picked[name] = options[name];
  return picked as Pick<T, Name>;
}

function isResourceList(instance: ObjectInstanceNode | readonly ResourceNode[]): instance is readonly ResourceNode[] {
  return Array.isArray(instance);
}
