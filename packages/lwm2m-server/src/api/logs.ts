import type { PathLike, ResourceRecord } from '@flownexus/lwm2m-core';
import type { Operation } from '../downlink/operation.ts';
import type { LogLevel } from '../logs/log-level.ts';
import type { MaybePromise } from '../maybe-promise.ts';

/** Where an entry is from. */
export interface LogOrigin {
  readonly endpointName: string;
  /** Of the Resource, or Resource Instance, that it came in: `/20/0/4014`. */
  readonly path: string;
  /** How it came: it was asked for, notified, or sent by the device itself. */
  readonly source: 'read' | 'notification' | 'send';
  /** When it arrived, in milliseconds since 1970. */
  readonly receivedAt: number;
  /** When the device says that it was, in milliseconds since 1970: by the line itself, else by the report that it came in. Undefined where neither says. */
  readonly time: number | undefined;
}

/** A line of a log. */
export interface LogText extends LogOrigin {
  readonly kind: 'text';
  /** The line as it came, without the sequences that give it colours. */
  readonly text: string;
  /** What is left of it without time, level and module. */
  readonly message: string;
  readonly level: LogLevel | undefined;
  /** What wrote it: the module of Zephyr's logging, the APP-NAME of syslog. */
  readonly module: string | undefined;
  /** Milliseconds from the start of the device to the entry, for devices that log that. */
  readonly uptimeMs: number | undefined;
}

/** A piece of a log that is no text. */
export interface LogBytes extends LogOrigin {
  readonly kind: 'bytes';
  readonly bytes: Uint8Array;
}

export type LogEntry = LogText | LogBytes;

/** Takes what a log holds apart, into lines and pieces that are no text. What it throws is reported, and the bytes come as they are. */
export type LogDecoder = (bytes: Uint8Array) => Iterable<string | Uint8Array>;

/** `text`: lines of UTF-8. `bytes`: one piece as it is. `auto`: text where it is some, else bytes. */
export type LogFormat = 'text' | 'bytes' | 'auto' | LogDecoder;

/** A Resource of any Object that holds a log: a string, or bytes. */
export interface LogResource {
  /** Such as `/26241/0/1`; an asterisk in place of the Object Instance id stands for every instance. */
  readonly path: string;
  /** Default `auto`. */
  readonly format?: LogFormat;
}

/** Where the entries of logs go, and what a log is. */
export interface LogIntakeOptions {
  /**
   * Takes entries of one log, in their order, a thousand at most at a time; what they came in is acknowledged when it has resolved. When it rejects, so does what
   * they came by: `take`; `read`, or `onNotify` and `onSend`, whereupon the device sends again. An entry may come twice then.
   */
  readonly onEntries: (entries: readonly LogEntry[]) => MaybePromise<void>;
  /**
   * Whether more of the logs of an endpoint is wanted: asked before each thousand entries. When it is not, the rest of what came is passed over without being taken apart, so that a
   * device that logs without end costs no processor time. Default: all is wanted.
   */
  readonly wanted?: (endpointName: string) => boolean;
  /** Resources that are logs, beside those of the Event Log (20) and the System Log (10259). */
  readonly resources?: readonly LogResource[];
  /**
   * How the data of the Event Log is taken apart, by its LogDataFormat (/20/x/4015). Default: 4 (syslog) and 5 (Common Log Format) are text, 1 (TLV) and 3 (CBOR)
   * bytes, all others `auto`.
   */
  readonly formats?: Readonly<Record<number, LogFormat>>;
  /** Told of what has no caller to go to. Default: a warning on the process. */
  readonly onError?: (error: unknown, context: string) => void;
}

export type LogCollectorOptions = LogIntakeOptions;

/** Values of one endpoint, of which some may be logs. */
export interface LoggedValues extends Pick<LogOrigin, 'endpointName' | 'source' | 'receivedAt'> {
  readonly records: readonly ResourceRecord[];
}

/** An operation for the queue of the server that does something with a log. It may be queued as `repeatable`: to do it twice does no harm. */
export interface LogRequest {
  readonly operation: Operation;
  /** For the option `key` of the queue: what is queued later takes its place. */
  readonly key: string;
}

/** How an operation on a log is queued: it waits for a device that sleeps or is not registered. */
export interface LogOperationOptions {
  /** Gives up when it is not done by then, in milliseconds from now. Default: none. */
  readonly timeToLiveMs?: number;
  /** Ends the wait. What was queued stays so. */
  readonly signal?: AbortSignal;
}

export interface LogStartOptions extends LogOperationOptions {
  /** Event Log: what is there already stays. Default false: it is emptied. */
  readonly append?: boolean;
  /** Event Log: the device stops by itself after this time, in seconds. Default: it does not. */
  readonly stopAfterSeconds?: number;
  /** Event Log: the LogClass (4010), written first: 0 generic, 1 system, 2 security, 3 event, 4 trace, 5 panic, 6 charging, from 100 on the vendor's. */
  readonly logClass?: number;
  /** Event Log: the LogDataFormat (4015) that is wanted, written first. */
  readonly dataFormat?: number;
  /** System Log: the least bad entries that are still captured (4). */
  readonly level?: LogLevel;
}

export interface LogStopOptions extends LogOperationOptions {
  /** Event Log: what is there is thrown away. Default false. */
  readonly clear?: boolean;
}

export interface LogReadOptions extends LogOperationOptions {
  /**
   * System Log: only what came since the last time (Read, /10259/x/2), instead of all that there is (Read All, /10259/x/1). What an answer had that got lost on its way
   * does not come again.
   */
  readonly sinceLast?: boolean;
}

/** What a log is doing. What the device does not say is undefined. */
export interface LogStatus {
  readonly running: boolean;
  /** Whether there is something to read. */
  readonly hasData: boolean | undefined;
  /** Whether collecting met an error. */
  readonly failed: boolean | undefined;
  /** Whether the device sends increments (Event Log from version 2.1 on). */
  readonly incremental: boolean | undefined;
}

/** An Object Instance of a log (`/20/0`, `/10259/1`), or a Resource that is one (`/20/0/4014`, `/26241/0/1`). */
export type LogPath = PathLike;
