import fc from 'fast-check';
import { test } from 'vitest';
import { encodeMessage, type CoapMessage, MessageType } from '../../src/index.ts';
import { World } from '../scenarios/world.ts';

const OPTION_NUMBERS = [1, 3, 4, 5, 6, 7, 8, 9, 11, 12, 14, 15, 17, 19, 23, 27, 28, 35, 39, 60, 252, 258, 292, 65_001];

/** Messages that a peer could send, sensible or not; tokens and Message IDs from small sets so that they meet. */
const message: fc.Arbitrary<CoapMessage> = fc.record({
  type: fc.constantFrom(...Object.values(MessageType)),
  code: fc.constantFrom(1, 2, 3, 5, 65, 68, 69, 95, 128, 132, 136, 141, 160),
  messageId: fc.integer({ min: 0, max: 8 }),
  token: fc.constantFrom(new Uint8Array(0), new Uint8Array(8), Uint8Array.of(1)),
  options: fc
    .array(fc.record({ number: fc.constantFrom(...OPTION_NUMBERS), value: fc.uint8Array({ maxLength: 5 }) }), {
      maxLength: 5,
    })
    .map((options) => options.sort((a, b) => a.number - b.number)),
  payload: fc.oneof(fc.uint8Array({ maxLength: 20 }), fc.constantFrom(new Uint8Array(16), new Uint8Array(64))),
});

/** The bytes of a message with some of them changed. */
const mutated = fc
  .tuple(message, fc.array(fc.tuple(fc.nat(200), fc.nat(255)), { maxLength: 4 }), fc.nat(100))
  .map(([value, changes, cut]) => {
    const bytes = encodeMessage(value);
    for (const [at, byte] of changes) if (at < bytes.length) bytes[at] = byte;
    return cut < bytes.length && cut % 3 === 0 ? bytes.subarray(0, bytes.length - cut) : bytes;
  });

const datagram = fc.oneof(fc.uint8Array({ maxLength: 60 }), message.map(encodeMessage), mutated);

const steps = fc.array(fc.tuple(datagram, fc.constantFrom(0, 1, 1500, 3000, 130_000, 250_000)), { maxLength: 30 });

/** Requests and an observation whose tokens the peer can guess, and a handler that does a bit of everything. */
async function hostileWorld(): Promise<World> {
  let handled = 0;
  let token = 0;
  const world = await World.open({
    preferredBlockSize: 16,
    maxBodySize: 200,
    // Message IDs from 0 and tokens of zeros: the peer's messages hit what is under way.
    random: { bytes: (length) => new Uint8Array(length).fill(Math.floor(token++ / 3)), unit: () => 0 },
    onRequest: (request) => {
      handled += 1;
      if (request.observe === 0) request.acceptObservation();
      if (handled % 5 === 0) throw new Error('handler');
      const reply = { code: 69, payload: new Uint8Array((handled * 13) % 90) };
      return handled % 3 === 0 ? Promise.resolve(reply) : reply;
    },
  });
  const ignore = (): undefined => undefined;
  void world.endpoint.request(world.peer, { method: 1, path: ['a'] }).catch(ignore);
  void world.endpoint.request(world.peer, { method: 3, path: ['b'], payload: new Uint8Array(100) }).catch(ignore);
  void world.endpoint
    .observe(world.peer, { method: 1, path: ['c'] }, { onNotification: () => Promise.resolve() })
    .catch(ignore);
  return world;
}

test('whatever arrives, the endpoint goes on and leaves nothing behind', { timeout: 120_000 }, async () => {
  await fc.assert(
    fc.asyncProperty(steps, async (sequence) => {
      const world = await hostileWorld();
      for (const [bytes, pauseMs] of sequence) {
        world.device.send(world.endpoint.localAddress, bytes);
        await world.clock.advanceAsync(pauseMs); // throws what the engine throws
      }
      world.device.takeAll();
      await world.say({ type: 'CON', messageId: 0xbeef });
      const answered = world.device.takeAll().some((bytes) => Buffer.from(bytes).toString('hex') === '7000beef');
      if (!answered) throw new Error('the ping was not answered');
      await world.end();
    }),
    { numRuns: 1500 },
  );
});
