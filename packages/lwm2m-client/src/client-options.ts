import type { Clock, DatagramTransport, RandomSource } from '@flownexus/datagram';
import type { ObjectTree } from './objects/object-tree.ts';
import type { Lwm2mVersion } from './operations/device.ts';
import type { QueueModeOptions } from './queue-mode/awake-window.ts';
import type { NotificationOutcome } from './reporting/notifier.ts';

/** A profile of LwM2M 1.2, which stands for a part of the object list. */
export interface ProfileOptions {
  /** Profile IDs such as `6:27354b9a`. */
  readonly ids: readonly string[];
  /** The Objects that the profiles do not have, and that are listed therefore. Default: none. */
  readonly objectIds?: readonly number[];
}

export interface Lwm2mClientOptions {
  readonly endpointName: string;
  readonly server: { readonly host: string; readonly port: number };
  /** Clients of several servers may share one tree. */
  readonly objects: ObjectTree;
  /**
   * The instance of the Server Object (/1) that is about this server; default 0. It need not be there. If it is, the client goes by its
   * lifetime, binding, default periods and Mute Send, and does what its Disable and Registration Update Trigger are executed for.
   */
  readonly serverInstance?: number;
  /** Seconds; 0 without end (LwM2M 1.2). Goes into the Server Object if that is there. Default: what that has, else 300. */
  readonly lifetime?: number;
  /** Default `1.1`. */
  readonly lwm2mVersion?: Lwm2mVersion;
  /** The letters of the binding mode, with a `Q` in queue mode. Goes into the Server Object if that is there. Default: what that has, else `U`. */
  readonly binding?: string;
  /** Sleeps when there was no message for a while, and is not reached then. Default false. */
  readonly queueMode?: boolean | QueueModeOptions;
  /** `sms` of the Register. */
  readonly smsNumber?: string;
  /** Profile IDs in the place of Objects. What the server answers 4.09 is listed in full. */
  readonly profile?: ProfileOptions;
  /** Whether the Register has the endpoint name. Default true; a server that knows it by the proven identity needs none (LwM2M 1.1). */
  readonly sendEndpointName?: boolean;
  /** Further items of the query of the Register, such as `vendor=x`. */
  readonly parameters?: readonly string[];
  /** The alternate path below which everything is (TS Transport §6.4.1), such as `/lwm2m`. Default `/`. */
  readonly rootPath?: string;
  /**
   * The Content-Formats that the device has for values, its own choice for an answer first; they are announced. Default: those of the
   * LwM2M version, of which 1.1 announces SenML CBOR, as Zephyr does.
   */
  readonly contentFormats?: readonly number[];
  /** Whether notifications are Confirmable where neither attributes nor the Server Object say. Default true, as in Zephyr. */
  readonly confirmableNotifications?: boolean;
  /**
   * Default: UDP on any free port. One of `dtlsTransport` with its `client` options makes it CoAP over DTLS. With a function a reboot
   * gets a new transport, else it keeps the one there is.
   */
  readonly transport?: DatagramTransport | (() => DatagramTransport);
  /** The size of the blocks that the device sends, and at most takes: 16 to 1024 bytes (RFC 7959 §2.2). Default 512. */
  readonly blockSize?: number;
  /** Bytes of the largest body that a server may write, and of the largest answer: a firmware package is pushed as one. Default 1 MiB (1 048 576). */
  readonly maxBodySize?: number;
  readonly clock?: Clock;
  readonly random?: RandomSource;
  /** Called after each Register that the server accepted. */
  readonly onRegistered?: (registrationId: string) => void;
  /** Called when the device starts anew, by the Reboot of Object 3. */
  readonly onReboot?: () => void;
  /**
   * Called when a Register or an Update found no answer or was refused, in which case the client tries again by itself, and with what a
   * handler of the tree throws that is no `Refusal`.
   */
  readonly onTrouble?: (error: Error) => void;
  /** Called for each notification that was acknowledged, rejected or lost. */
  readonly onNotified?: (outcome: NotificationOutcome) => void;
}
