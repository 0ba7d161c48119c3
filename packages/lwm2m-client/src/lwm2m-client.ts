import { Code, formatCode } from '@flownexus/coap';
import { systemClock, systemRandom, udpTransport, type Clock } from '@flownexus/datagram';
import { pathLevel, toPath, type Path, type PathLike, type ResourceValue } from '@flownexus/lwm2m-core';
import type { Lwm2mClientOptions } from './client-options.ts';
import { Lwm2mClientError } from './errors.ts';
import { limits } from './limits.ts';
import type { Execution } from './objects/handlers.ts';
import type { ChangeKind, ObjectTree } from './objects/object-tree.ts';
import { ServerAccount, ServerResource } from './objects/server-account.ts';
import { AttributeStore } from './operations/attribute-store.ts';
import { DeviceInterface } from './operations/device-interface.ts';
import type { Device } from './operations/device.ts';
import { defaultContentFormats } from './operations/formats.ts';
import { AwakeWindow } from './queue-mode/awake-window.ts';
import { SleepingTransport } from './queue-mode/sleeping-transport.ts';
import { announcedFormats, objectList } from './registration/object-list.ts';
import type { RegistrationFacts } from './registration/registration-requests.ts';
import { Registration } from './registration/registration.ts';
import { Notifier } from './reporting/notifier.ts';
import { recordOf, sendRequest, type ReportedValue, type SendOptions } from './reporting/send.ts';
import { ServerLink } from './server-link.ts';

/** The Reboot of the Device Object. */
const REBOOT = '/3/0/4';

/**
 * The device side of LwM2M towards one server: registers an {@link ObjectTree}, does what the server asks of it (TS Core §6.3),
 * notifies what it observes, sends, updates before its lifetime ends, and registers anew when the server has forgotten it (§6.2). Over DTLS
 * it makes a new association when the server has ended the one it had, or does not answer there.
 */
export class Lwm2mClient {
  readonly objects: ObjectTree;
  readonly #options: Lwm2mClientOptions;
  readonly #clock: Clock;
  readonly #device: Device;
  readonly #account: ServerAccount;
  readonly #registration: Registration;
  readonly #notifier: Notifier;
  readonly #link: ServerLink;
  #transport: SleepingTransport | undefined;
  #window: AwakeWindow | undefined;
  #waking: Promise<void> | undefined;
  #state: 'new' | 'running' | 'stopped' = 'new';
  /** Lets the process end, which the client keeps running: between two transports, or with one that failed to open, there is no socket. */
  #release: (() => void) | undefined;
  readonly #atClose: (() => void)[] = [];

  constructor(options: Lwm2mClientOptions) {
    const { objects, lwm2mVersion = '1.1', transport = () => udpTransport({ port: 0 }) } = options;
    this.#options = options;
    this.objects = objects;
    this.#clock = options.clock ?? systemClock;
    this.#account = new ServerAccount(objects, options.serverInstance ?? 0);
    this.#device = {
      tree: objects,
      attributes: new AttributeStore(),
      lwm2mVersion,
      contentFormats: options.contentFormats ?? defaultContentFormats(lwm2mVersion),
      rootPath: options.rootPath ?? '/',
    };
    const { lifetime, binding } = options;
    if (this.#account.exists) {
      if (lifetime !== undefined) objects.set(this.#account.path(ServerResource.LIFETIME), lifetime);
      if (binding !== undefined) objects.set(this.#account.path(ServerResource.BINDING), binding);
    }
    this.#notifier = new Notifier({
      device: this.#device,
      account: this.#account,
      clock: this.#clock,
      confirmable: options.confirmableNotifications ?? true,
      onOutcome: (outcome) => options.onNotified?.(outcome),
      wake: () => this.#mayNotify(),
    });
    const answering = new DeviceInterface(this.#device, () => {
      this.#notifier.flush();
    });
    this.#link = new ServerLink({
      server: options.server,
      createTransport: () =>
        (this.#transport = new SleepingTransport(typeof transport === 'function' ? transport() : transport, () => {
          this.#heard();
        })),
      isReplaceable: typeof transport === 'function',
      transfers: {
        ...(options.maxBodySize === undefined ? {} : { maxBodySize: options.maxBodySize }),
        ...(options.blockSize === undefined ? {} : { preferredBlockSize: options.blockSize }),
      },
      clock: this.#clock,
      random: options.random ?? systemRandom,
      onRequest: (request) =>
        answering.answer(request, (observed) => this.#notifier.add(observed, () => request.acceptObservation())),
      onBlock: (request, block) => {
        answering.block(request, block);
      },
      // It is told where the device is now, over a new association.
      onClosed: () => {
        this.#registration.updateSoon(limits.registerBackoffMs.first, false);
      },
      onError: (error) => {
        this.#report(error);
      },
    });
    this.#registration = this.#createRegistration();
  }

  get endpointName(): string {
    return this.#options.endpointName;
  }

  /** The registration ID that the server gave, while registered. */
  get registrationId(): string | undefined {
    return this.#registration.id;
  }

  /** How many observations the server has. */
  get observations(): number {
    return this.#notifier.size;
  }

  /** Whether the device, which is in queue mode, does not listen. */
  get asleep(): boolean {
    return this.#transport?.asleep === true;
  }

  /** Where the device is, while its transport is open. */
  get localAddress(): { readonly host: string; readonly port: number } | undefined {
    return this.#link.localAddress;
  }

  /**
   * Opens the transport and registers. Resolves when registered; where the server does not answer it goes on trying
   * until {@link stop}. Rejects with `ERR_LWM2M_CLIENT_REFUSED` when the server refuses with 4.xx. The process keeps running until it
   * rejects or the client is stopped or closed.
   */
  async start(): Promise<void> {
    if (this.#state !== 'new') throw new Lwm2mClientError('ERR_LWM2M_CLIENT_STATE', 'a client starts once');
    this.#state = 'running';
    this.#release = this.#clock.hold?.();
    try {
      await this.#start();
    } catch (error) {
      this.#release?.();
      throw error;
    }
  }

  /**
   * Sends an Update now (TS Core §6.2.2), with what has changed since the server heard of it: the lifetime, the binding, the object
   * list. Registers anew when the server no longer knows this client. Rejects with `ERR_LWM2M_CLIENT_STATE` without a registration.
   */
  async update(): Promise<void> {
    await this.#registration.update();
  }

  /**
   * Sends values to the server (TS Core §6.4.7): what is at paths, and values with times of their own. Resolves when the server has
   * them. In queue mode the device wakes up for it. Rejects with `ERR_LWM2M_CLIENT_REFUSED` for any answer but 2.04,
   * `ERR_LWM2M_CLIENT_MUTED` when the server wants nothing sent, `ERR_LWM2M_CLIENT_STATE` without a registration or in LwM2M 1.0, a
   * `CoapError` without an answer, and with `RangeError` or `TypeError` for what can not be sent.
   */
  async send(what: readonly (PathLike | ReportedValue)[], options?: SendOptions): Promise<void> {
    if (this.registrationId === undefined || this.#device.lwm2mVersion === '1.0') {
      throw new Lwm2mClientError('ERR_LWM2M_CLIENT_STATE', 'a Send needs a registration, and LwM2M 1.1');
    }
    if (this.#account.muted) throw new Lwm2mClientError('ERR_LWM2M_CLIENT_MUTED', 'the server has muted Send');
    const request = sendRequest(this.#device, what, options);
    if (this.asleep || this.#waking !== undefined) await this.wake();
    const { code } = await this.#link.request(request);
    if (code === Code.CHANGED) return;
    throw new Lwm2mClientError('ERR_LWM2M_CLIENT_REFUSED', `the Send was answered ${formatCode(code)}`, {
      responseCode: code,
    });
  }

  /**
   * Sets a Resource or Resource Instance to a value that is of `time`, in seconds since 1970; default now. The next notification of what
   * observes it has all such values since the last, with their times, where its format is SenML or OMA JSON.
   */
  report(path: PathLike, value: ResourceValue, time: number = this.#clock.wallTime() / 1_000): void {
    this.#notifier.reported(recordOf(this.#device, { path: toPath(path), value, time }));
    this.objects.set(path, value);
    this.#notifier.flush();
  }

  /** Listens again, in queue mode, and sends an Update so that the server knows. Resolves at once for a device that does not sleep. */
  wake(): Promise<void> {
    if (!this.asleep && this.#waking === undefined) return Promise.resolve();
    return (this.#waking ??= this.#wakeUp());
  }

  /** Starts anew, as after a Reboot by the server: without a word, without observations and attributes, then with a Register. */
  async reboot(): Promise<void> {
    if (this.#state !== 'running') throw new Lwm2mClientError('ERR_LWM2M_CLIENT_STATE', 'the client does not run');
    this.#window?.stop();
    this.#device.attributes.clear();
    this.#registration.abandon(limits.rebootMs);
    this.#options.onReboot?.();
    await this.#link.restart();
  }

  /** De-registers and closes. */
  async stop(): Promise<void> {
    if (this.#state === 'running' && this.registrationId !== undefined) await this.#registration.deregister();
    await this.close();
  }

  /** Closes without a word, as a device that loses power does. */
  async close(): Promise<void> {
    if (this.#state === 'stopped') return;
    this.#state = 'stopped';
    this.#registration.stop();
    this.#window?.stop();
    for (const undo of this.#atClose.splice(0)) undo();
    this.#notifier.clear();
    try {
      await this.#link.close();
    } finally {
      this.#release?.();
    }
  }

  async #start(): Promise<void> {
    await this.#link.open();
    if (this.#isStopped()) throw new Lwm2mClientError('ERR_LWM2M_CLIENT_STOPPED', 'stopped while starting');
    this.#atClose.push(
      this.objects.onChange((path, kind) => {
        this.#changed(path, kind);
      }),
    );
    this.#offerExecutables();
    await this.#registration.register();
  }

  #createRegistration(): Registration {
    const { endpointName, sendEndpointName = true, smsNumber, profile, parameters = [] } = this.#options;
    return new Registration({
      clock: this.#clock,
      request: (request, timeoutMs) => {
        this.#transport?.wake();
        return this.#link.request(request, timeoutMs);
      },
      facts: () => this.#facts(),
      parameters: {
        endpointName: sendEndpointName ? endpointName : undefined,
        lwm2mVersion: this.#device.lwm2mVersion,
        smsNumber,
        profileIds: profile?.ids ?? [],
        listedObjects: profile === undefined ? '' : this.#objectList(profile.objectIds ?? []),
        parameters,
      },
      onRegistering: () => {
        this.#notifier.clear();
      },
      onRegistered: (registrationId) => this.#options.onRegistered?.(registrationId),
      onUpdated: () => {
        this.#notifier.flush();
      },
      onTrouble: (error) => this.#options.onTrouble?.(error),
    });
  }

  #facts(): RegistrationFacts {
    const { lifetime = 300, binding = 'U', queueMode = false } = this.#options;
    const letters = this.#account.binding ?? binding;
    return {
      lifetime: this.#account.lifetime ?? lifetime,
      binding: letters.replace('Q', ''),
      queueMode: queueMode !== false || letters.includes('Q'),
      objectList: this.#objectList(undefined),
    };
  }

  #objectList(objectIds: readonly number[] | undefined): string {
    const { lwm2mVersion, rootPath } = this.#device;
    const formats = announcedFormats(this.#device, this.#options.contentFormats !== undefined);
    return objectList(this.objects, { lwm2mVersion, rootPath, announcedFormats: formats, objectIds });
  }

  /** What the client does itself when a server executes it. */
  #offerExecutables(): void {
    const offer = (path: PathLike, act: () => Promise<void>): void => {
      const { objectId = -1, resourceId = -1 } = toPath(path);
      if (this.objects.definitions.resource(objectId, resourceId)?.operations !== 'E') return;
      const handler = ({ afterAnswer }: Execution): void => {
        afterAnswer(() => {
          act().catch((error: unknown) => {
            this.#report(error);
          });
        });
      };
      this.#atClose.push(this.objects.onExecute(path, handler));
    };
    if (this.#account.exists) {
      offer(this.#account.path(ServerResource.REGISTRATION_UPDATE_TRIGGER), () => this.update());
      offer(this.#account.path(ServerResource.DISABLE), () =>
        this.#registration.disable(this.#account.disableTimeout * 1_000),
      );
    }
    if (this.objects.has('/3/0')) offer(REBOOT, () => this.reboot());
  }

  #changed(path: Path, kind: ChangeKind): void {
    if (kind === 'removed') this.#device.attributes.forget(path);
    this.#notifier.changed(path, kind);
    if (kind !== 'value' && pathLevel(path) <= 2) this.#registration.updateSoon(limits.listUpdateDelayMs, true);
    else if (this.#account.isOfRegistration(path)) this.#registration.updateSoon(0, true);
  }

  /** A datagram was sent or came: in queue mode the window begins anew. */
  #heard(): void {
    const { queueMode = false } = this.#options;
    if (this.#state !== 'running' || !(queueMode !== false || this.#account.binding?.includes('Q') === true)) return;
    this.#window ??= new AwakeWindow(this.#clock, typeof queueMode === 'object' ? queueMode : {}, () => {
      this.#sleep();
    });
    this.#window.activity();
  }

  #sleep(): void {
    if (!this.#facts().queueMode || this.registrationId === undefined) return;
    if (this.#link.pending > 0) {
      this.#window?.activity(); // it waits for an answer
      return;
    }
    this.#transport?.sleep();
    const { queueMode } = this.#options;
    const onWake = typeof queueMode === 'object' ? (queueMode.onWake ?? 'update') : 'update';
    if (onWake === 'update') return;
    this.#link.disconnect('asleep');
    if (onWake === 'handshake') return;
    this.#notifier.clear();
    this.#registration.registerNext();
  }

  async #wakeUp(): Promise<void> {
    try {
      this.#transport?.wake();
      if (this.registrationId !== undefined) await this.#registration.update();
    } finally {
      this.#waking = undefined;
      this.#notifier.flush();
    }
  }

  /** Whether the server listens by now: a device in queue mode wakes up before, and what is due waits for the Update. */
  #mayNotify(): boolean {
    if (this.#waking !== undefined) return false;
    if (!this.asleep) return true;
    this.wake().catch((error: unknown) => {
      this.#report(error);
    });
    return false;
  }

  #isStopped(): boolean {
    return this.#state === 'stopped';
  }

  #report(error: unknown): void {
    if (!this.#isStopped()) this.#options.onTrouble?.(error instanceof Error ? error : new Error(String(error)));
  }
}
