import type { Peer } from '@flownexus/datagram';
import { lossyRule, MemoryNetwork, seededRandom, VirtualClock } from '@flownexus/datagram/testing';
import { expect } from 'vitest';
import { CoapEndpoint, CoapError, type CoapEndpointOptions, type RequestHandler } from '../../src/index.ts';

/** What a line does to datagrams: shares of 1, and milliseconds. */
export interface Conditions {
  readonly loss: number;
  readonly jitterMs: number;
  readonly duplication: number;
}

/** Two endpoints at the ends of a bad line. The same seed gives the same conversation. */
export class Line {
  readonly clock = new VirtualClock();
  readonly client: CoapEndpoint;
  readonly server: CoapEndpoint;
  /** The server as the client knows it. */
  peer!: Peer;

  private constructor(seed: number, conditions: Conditions, onRequest: RequestHandler) {
    const random = seededRandom(seed);
    const network = new MemoryNetwork(this.clock, { latencyMs: 20, rule: lossyRule(random, conditions) });
    const at = (host: string): CoapEndpointOptions => ({
      transport: network.transport({ host, port: 5683 }),
      clock: this.clock,
      random,
      preferredBlockSize: 64,
    });
    this.server = new CoapEndpoint({ ...at('10.0.0.1'), onRequest });
    this.client = new CoapEndpoint(at('10.0.0.2'));
  }

  static async open(seed: number, conditions: Conditions, onRequest: (line: Line) => RequestHandler): Promise<Line> {
    const line: Line = new Line(seed, conditions, (request) => onRequest(line)(request));
    await line.server.open();
    await line.client.open();
    line.peer = await line.client.connect('10.0.0.1', 5683);
    return line;
  }

  pause(ms: number): Promise<void> {
    return new Promise((resolve) => this.clock.schedule(ms, resolve));
  }

  /** Both sides forget each other, and then nothing is left. */
  async end(): Promise<void> {
    await this.clock.advanceAsync(1_000_000);
    expect(this.clock.pendingTimers).toBe(0);
    await this.client.close();
    await this.server.close();
  }
}

/** The value of work that succeeded; undefined when nobody answered in time. Throws for any other failure. */
export async function inTime<T>(work: Promise<T>): Promise<T | undefined> {
  try {
    return await work;
  } catch (error) {
    if (error instanceof CoapError && error.code === 'ERR_COAP_TIMEOUT') return undefined;
    throw error;
  }
}
