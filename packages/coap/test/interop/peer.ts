import type { Deviation, Environment, ResourceName } from '../plugtest/environment.ts';
import type { PlugtestClient } from '../plugtest/plugtest-client.ts';

/** How the two sides of a test are set. Times are in milliseconds. */
export interface Settings {
  readonly ackTimeoutMs: number;
  readonly maxRetransmit: number;
}

/** A server of a foreign stack that has the resources of the plugtests. */
export interface RunningServer {
  readonly port: number;
  stop(): Promise<void>;
}

/** A running client of a foreign stack. */
export interface RunningClient {
  /** The client as a case uses it, for a server at a port of this machine. */
  towards(port: number): PlugtestClient;
  stop(): Promise<void>;
}

/** A foreign stack. */
export interface ForeignPeer {
  readonly name: string;
  /** Why it can't take part, or undefined when it can. */
  readonly missing: () => string | undefined;
  readonly startServer: (settings: Settings) => Promise<RunningServer>;
  readonly startClient: (settings: Settings) => Promise<RunningClient>;
  /** Where its server has a resource, when it is not where the descriptions have it. */
  readonly paths?: Partial<Record<ResourceName, readonly string[]>>;
  readonly separate?: Environment['separate'];
  /** Makes what its server does not have of itself. */
  readonly prepare?: (operator: PlugtestClient) => Promise<void>;
  /** Its server is started anew for each case, which costs little. */
  readonly serverPerCase?: boolean;
  readonly serverDeviations?: readonly Deviation[];
  readonly clientDeviations?: readonly Deviation[];
  /** Why a case does not run against its server, by ID. */
  readonly serverLacks: Readonly<Record<string, string>>;
  /** Why a case does not run with its client, by ID. */
  readonly clientLacks: Readonly<Record<string, string>>;
}
