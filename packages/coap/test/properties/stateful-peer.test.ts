import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Code, type CoapObservation, type CoapReply, type ObserveRelation } from '../../src/index.ts';
import { body, World } from '../scenarios/world.ts';
import { HostilePeer, moves, type Move } from './hostile-peer.ts';
import { mutation, type Mutation } from './mutations.ts';

const EXCHANGES = 4;
const DAY_MS = 86_400_000;

interface Step {
  readonly move: Move;
  readonly mutation: Mutation;
  readonly which: number;
  readonly pauseMs: number;
}

const RIGHT: Mutation = { message: [], bytes: [] };
const steps: fc.Arbitrary<Step[]> = fc.array(
  fc.record({
    // Mostly it answers, and what it says arrives unchanged: the endpoint is to get somewhere.
    move: fc.oneof({ weight: 2, arbitrary: fc.constant<Move>('answer') }, fc.constantFrom(...moves)),
    mutation: fc.oneof({ weight: 3, arbitrary: fc.constant(RIGHT) }, mutation),
    which: fc.nat(0xffff),
    pauseMs: fc.oneof(
      { weight: 12, arbitrary: fc.constant(0) },
      fc.constantFrom(1, 1500, 3000, 50_000, 130_000, 250_000),
    ),
  }),
  { minLength: 1, maxLength: 80, size: 'max' },
);

/** An endpoint with everything under way, whose promises are counted. */
class Endpoint {
  readonly relations: ObserveRelation[] = [];
  readonly observations: CoapObservation[] = [];
  pending = 0;
  world!: World;

  static async open(): Promise<Endpoint> {
    const endpoint = new Endpoint();
    endpoint.world = await World.open({
      preferredBlockSize: 16,
      maxBodySize: 200,
      limits: { exchanges: EXCHANGES },
      parameters: { nstart: EXCHANGES },
      onRequest: (request) => {
        if (request.observe === 0) endpoint.relations.push(request.acceptObservation());
        for (const relation of endpoint.relations) endpoint.#notify(relation);
        if (request.path[0] === 'large') return { code: Code.CONTENT, payload: body(60) };
        if (request.path[0] === 'separate') return endpoint.#later({ code: Code.CHANGED });
        return { code: Code.CONTENT, payload: request.payload.subarray(0, 10) };
      },
    });
    endpoint.#begin();
    return endpoint;
  }

  count(work: Promise<unknown>): void {
    this.pending += 1;
    const settled = (): void => {
      this.pending -= 1;
    };
    void work.then(settled, settled);
  }

  #begin(): void {
    const { endpoint, peer } = this.world;
    this.count(endpoint.request(peer, { method: Code.GET, path: ['a'] }));
    this.count(endpoint.request(peer, { method: Code.PUT, path: ['b'], payload: body(100) }));
    const observer = { onNotification: () => Promise.resolve() };
    const observing = endpoint.observe(peer, { method: Code.GET, path: ['c'] }, observer);
    this.count(observing.then((observation) => this.observations.push(observation)));
    this.count(endpoint.request(peer, { method: Code.GET, path: ['d'], confirmable: false }));
  }

  #notify(relation: ObserveRelation): void {
    if (!relation.active) return;
    const payload = body((this.relations.length % 3) * 15);
    this.count(relation.notify({ code: Code.CONTENT, payload }, { confirmable: this.relations.length % 2 === 0 }));
  }

  #later(reply: CoapReply): Promise<CoapReply> {
    return new Promise((resolve) => this.world.clock.schedule(2000, () => resolve(reply)));
  }
}

test('a peer that answers with damaged versions of right answers breaks nothing and leaves nothing', async () => {
  await fc.assert(
    fc.asyncProperty(steps, async (sequence) => {
      const endpoint = await Endpoint.open();
      const { world } = endpoint;
      const { device, clock } = world;
      const hostile = new HostilePeer();
      for (const { move, mutation: changes, which, pauseMs } of sequence) {
        await clock.settle();
        hostile.hear(device.takeAll());
        const datagram = hostile.say(move, changes, which);
        if (datagram !== undefined) device.send(world.endpoint.localAddress, datagram);
        await clock.advanceAsync(pauseMs); // throws what the engine throws
      }

      // Whatever it was told, it settles by itself when nothing more comes.
      await clock.advanceAsync(DAY_MS);
      expect(endpoint.pending).toBe(0);
      // Once the application lets go of the observations nothing is left: no state, no body, no reply, no timer.
      for (const observation of endpoint.observations) observation.forget();
      for (const relation of endpoint.relations) relation.end();
      await clock.advanceAsync(DAY_MS);
      expect(clock.pendingTimers).toBe(0);

      // It is as good as new: a place for every exchange, and answers for others.
      device.takeAll();
      for (let count = 0; count < EXCHANGES; count += 1) {
        endpoint.count(world.endpoint.request(world.peer, { method: Code.GET, path: [`${count}`] }));
      }
      expect(world.endpoint.statistics.handlerErrors).toBe(0);
      await clock.settle();
      expect(device.takeAll()).toHaveLength(EXCHANGES);
      expect(endpoint.pending).toBe(EXCHANGES);
      await world.say({ type: 'CON', code: '0.01', messageId: 0xbeef, token: 'z' });
      expect(Buffer.from(device.takeAll()[0]!).toString('hex')).toMatch(/^6145beef7a/);
      await world.end();
      expect(endpoint.pending).toBe(0);
    }),
    { numRuns: 300 },
  );
}, 120_000);
