import { expect } from 'vitest';
import {
  AllCoapNodes,
  Code,
  type CoapObservation,
  type CoapReply,
  type IncomingRequest,
  type ObserveRelation,
  replies,
  Router,
} from '../../src/index.ts';
import { body, bytes, World } from '../scenarios/world.ts';

/** Requests that can be under way at a time. */
export const EXCHANGES = 8;

/** What the application does next. */
export type Act =
  'request' | 'upload' | 'observe' | 'refresh' | 'cancel' | 'tell' | 'ping' | 'notify' | 'change' | 'discover';
export const acts: readonly Act[] = [
  'request',
  'upload',
  'observe',
  'refresh',
  'cancel',
  'tell',
  'ping',
  'notify',
  'change',
  'discover',
];

/** An endpoint with everything under way, in both roles, whose promises are counted. */
export class BusyEndpoint {
  /** Promises that have not settled. */
  pending = 0;
  world!: World;
  readonly #relations: ObserveRelation[] = [];
  readonly #observations: CoapObservation[] = [];
  #router!: Router;

  static async open(): Promise<BusyEndpoint> {
    const busy = new BusyEndpoint();
    busy.world = await World.open({
      preferredBlockSize: 16,
      maxBodySize: 200,
      limits: { exchanges: EXCHANGES },
      parameters: { nstart: EXCHANGES },
      echo: { required: ({ path }) => path[0] === 'fresh', amplificationFactor: 3 },
      onRequest: {
        understands: [1, 5],
        handle: (request) => (request.path[0] === 'r' ? busy.#router.handle(request) : busy.#handle(request)),
      },
    });
    busy.#router = new Router({ clock: busy.world.clock }).resource('/r/value', {
      observable: { confirmableEvery: 2 },
      etag: () => bytes('x'),
      get: () => replies.content(body(40)),
      put: () => replies.changed(),
      delete: () => replies.deleted(),
    });
    for (const act of ['request', 'upload', 'observe', 'tell'] as const) busy.act(act, 1);
    return busy;
  }

  act(act: Act, which: number): void {
    const { endpoint, peer } = this.world;
    const path = [`${which % 3}`];
    const observation = this.#observations.at(which % Math.max(1, this.#observations.length));
    switch (act) {
      case 'request':
        this.count(endpoint.request(peer, { method: Code.GET, path, confirmable: which % 3 !== 2 }));
        return;
      case 'upload':
        this.count(endpoint.request(peer, { method: Code.PUT, path, payload: body(100) }, { blockSize: 16 }));
        return;
      case 'observe':
        this.#observe(path, which % 2 === 0);
        return;
      case 'refresh':
        if (observation !== undefined) this.count(observation.refresh());
        return;
      case 'cancel':
        if (observation !== undefined) this.count(observation.cancel());
        return;
      case 'tell':
        this.count(endpoint.tell(peer, { method: Code.POST, path, confirmable: which % 2 === 0 }));
        return;
      case 'ping':
        this.count(endpoint.ping(peer));
        return;
      case 'notify':
        for (const relation of this.#relations) this.#notify(relation, which);
        return;
      case 'change':
        this.#router.notify('/r/value');
        return;
      case 'discover':
        this.count(this.#discover());
    }
  }

  count(work: Promise<unknown>): void {
    this.pending += 1;
    const settled = (): void => {
      this.pending -= 1;
    };
    void work.then(settled, settled);
  }

  /** The application wants no more of it. */
  letGo(): void {
    for (const observation of this.#observations) observation.forget();
    for (const relation of this.#relations) relation.end();
    this.#router.endObservations('/r/value');
  }

  async #discover(): Promise<void> {
    const { endpoint } = this.world;
    const group = await endpoint.connect(AllCoapNodes.IPV4, 5683);
    const responses = endpoint.multicast(group, { method: Code.GET, path: ['large'] }, { maxResponses: 2 });
    for await (const { response } of responses) expect(response.payload.length).toBeLessThanOrEqual(200);
  }

  #observe(path: readonly string[], reregister: boolean): void {
    const { endpoint, peer } = this.world;
    const observer = { onNotification: () => Promise.resolve(), onStale: () => undefined };
    const observing = endpoint.observe(peer, { method: Code.GET, path }, observer, { reregister });
    this.count(observing.then((observation) => this.#observations.push(observation)));
  }

  #notify(relation: ObserveRelation, which: number): void {
    const payload = body((which % 3) * 15);
    this.count(relation.notify({ code: Code.CONTENT, payload }, { confirmable: which % 2 === 0 }));
  }

  #handle(request: IncomingRequest): CoapReply | Promise<CoapReply> {
    if (request.observe === 0) this.#relations.push(request.acceptObservation());
    switch (request.path[0]) {
      case 'large':
        return { code: Code.CONTENT, payload: body(60) };
      case 'source':
        return request.method === Code.GET ? this.#source() : { code: Code.METHOD_NOT_ALLOWED };
      case 'separate':
        return this.#later({ code: Code.CHANGED });
      default:
        return { code: Code.CONTENT, payload: request.payload.subarray(0, 10) };
    }
  }

  #source(): CoapReply {
    const whole = body(90);
    const read = async (offset: number, length: number): Promise<Uint8Array> => {
      await this.#later(undefined);
      return whole.subarray(offset, offset + length);
    };
    return { code: Code.CONTENT, body: { size: whole.length, etag: bytes('s'), read } };
  }

  #later<T>(value: T): Promise<T> {
    return new Promise((resolve) => this.world.clock.schedule(2000, () => resolve(value)));
  }
}
