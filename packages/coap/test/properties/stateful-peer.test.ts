import fc from 'fast-check';
import { expect, test } from 'vitest';
import { AllCoapNodes, Code } from '../../src/index.ts';
import { acts, BusyEndpoint, EXCHANGES, type Act } from './busy-endpoint.ts';
import { HostilePeer, moves, type Move } from './hostile-peer.ts';
import { mutation, type Mutation } from './mutations.ts';

const DAY_MS = 86_400_000;

interface Step {
  readonly move: Move;
  readonly mutation: Mutation;
  readonly act: Act | undefined;
  /** What it says goes to the group that the endpoint is in. */
  readonly toGroup: boolean;
  readonly which: number;
  readonly pauseMs: number;
}

const group = { host: AllCoapNodes.IPV4, port: 5683 };
const RIGHT: Mutation = { message: [], bytes: [] };
const steps: fc.Arbitrary<Step[]> = fc.array(
  fc.record({
    // Mostly it answers, and what it says arrives unchanged: the endpoint is to get somewhere.
    move: fc.oneof({ weight: 2, arbitrary: fc.constant<Move>('answer') }, fc.constantFrom(...moves)),
    mutation: fc.oneof({ weight: 3, arbitrary: fc.constant(RIGHT) }, mutation),
    act: fc.option(fc.constantFrom(...acts), { nil: undefined, freq: 2 }),
    toGroup: fc.nat(11).map((value) => value === 11),
    which: fc.nat(0xffff),
    pauseMs: fc.oneof(
      { weight: 12, arbitrary: fc.constant(0) },
      fc.constantFrom(1, 1500, 3000, 50_000, 130_000, 250_000),
    ),
  }),
  { minLength: 1, maxLength: 80, size: 'max' },
);

test('a peer that answers with damaged versions of right answers breaks nothing and leaves nothing', async () => {
  await fc.assert(
    fc.asyncProperty(steps, async (sequence) => {
      const endpoint = await BusyEndpoint.open();
      const { world } = endpoint;
      const { device, clock } = world;
      const hostile = new HostilePeer();
      // It hears what the endpoint asks the group, too.
      const member = world.network.peer('10.0.1.1', group.port, [group.host]);
      for (const { move, mutation: changes, act, toGroup, which, pauseMs } of sequence) {
        await clock.settle();
        hostile.hear([...device.takeAll(), ...member.takeAll()]);
        const datagram = hostile.say(move, changes, which);
        if (datagram !== undefined) device.send(toGroup ? group : world.endpoint.localAddress, datagram);
        if (act !== undefined) endpoint.act(act, which);
        await clock.advanceAsync(pauseMs); // throws what the engine throws
      }

      // Whatever it was told, it settles by itself when nothing more comes.
      await clock.advanceAsync(DAY_MS);
      expect(endpoint.pending).toBe(0);
      // Once the application lets go of the observations nothing is left: no state, no body, no reply, no timer.
      endpoint.letGo();
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
