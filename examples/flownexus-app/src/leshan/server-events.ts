import { formatPath, type ObjectRegistry } from '@flownexus/lwm2m-core';
import { nodesFromRecords, nodesToJson, nodeToJson } from '@flownexus/lwm2m-core/node-json';
import type { Lwm2mServer, Notification, Registration, SendReport } from '@flownexus/lwm2m-server';
import { coapLogJson } from './coap-log.ts';
import { EventStreams, type StreamSource } from './event-streams.ts';
import { registrationToJson, updateToJson, type RegistrationJson } from './registration-json.ts';

/** What happens at the server, as the events of a Leshan server. It is listened to while somebody looks. */
export class ServerEvents implements StreamSource {
  readonly streams: EventStreams;
  readonly #server: Lwm2mServer;
  readonly #objects: ObjectRegistry;
  /** By endpoint names: one trace for all streams. They are as many as there may be streams. */
  readonly #traces = new Map<string, () => void>();

  constructor(server: Lwm2mServer, objects: ObjectRegistry, backlogBytes: number | undefined) {
    this.#server = server;
    this.#objects = objects;
    this.streams = new EventStreams(this, backlogBytes);
  }

  start(): void {
    this.#server
      .on('registered', this.#registered)
      .on('updated', this.#updated)
      .on('deregistered', this.#deregistered)
      .on('presence', this.#presence)
      .on('notification', this.#notification)
      .on('send', this.#send);
  }

  stop(): void {
    this.#server
      .off('registered', this.#registered)
      .off('updated', this.#updated)
      .off('deregistered', this.#deregistered)
      .off('presence', this.#presence)
      .off('notification', this.#notification)
      .off('send', this.#send);
  }

  follow(endpointName: string): void {
    const stop = this.#server.trace(endpointName, (event) => {
      const json = coapLogJson(endpointName, event);
      if (json !== undefined) this.streams.publish('COAPLOG', endpointName, () => json, 'named');
    });
    this.#traces.set(endpointName, stop);
  }

  unfollow(endpointName: string): void {
    this.#traces.get(endpointName)?.();
    this.#traces.delete(endpointName);
  }

  readonly #registered = (registration: Registration): void => {
    this.streams.publish('REGISTRATION', registration.endpointName, () => this.#registrationJson(registration));
  };

  readonly #updated = (registration: Registration, previous: Registration): void => {
    this.streams.publish('UPDATED', registration.endpointName, () => ({
      registration: this.#registrationJson(registration),
      update: updateToJson(registration, previous),
    }));
  };

  readonly #deregistered = (registration: Registration): void => {
    this.streams.publish('DEREGISTRATION', registration.endpointName, () => registrationToJson(registration, false));
  };

  readonly #presence = ({ endpointName, queueMode }: Registration, { state }: { readonly state: string }): void => {
    if (!queueMode) return;
    this.streams.publish(state === 'asleep' ? 'SLEEPING' : 'AWAKE', endpointName, () => ({ ep: endpointName }));
  };

  readonly #notification = (notification: Notification): void => {
    // The first value is in the answer to the Observe, and no event of a Leshan server.
    if (notification.initial) return;
    const { endpointName } = notification.registration;
    this.streams.publish('NOTIFICATION', endpointName, () => this.#notificationJson(notification));
  };

  readonly #send = ({ registration, records }: SendReport): void => {
    const { endpointName } = registration;
    this.streams.publish('SEND', endpointName, () => ({
      ep: endpointName,
      val: nodesToJson(nodesFromRecords(records, this.#definitions(registration))),
    }));
  };

  #notificationJson({ registration, composite, path, paths, node, records }: Notification): object {
    const ep = registration.endpointName;
    if (!composite) return { ep, kind: 'single', res: formatPath(path), val: nodeToJson(node) };
    const nodes = nodesFromRecords(records, this.#definitions(registration), paths);
    return { ep, kind: 'composite', val: nodesToJson(nodes), paths: paths.map(formatPath) };
  }

  #registrationJson(registration: Registration): RegistrationJson {
    const presence = this.#server.presence(registration.endpointName);
    return registrationToJson(registration, presence?.state === 'asleep');
  }

  #definitions({ objectVersions }: Registration): ReturnType<ObjectRegistry['forVersions']> {
    return this.#objects.forVersions(objectVersions);
  }
}
