import { expect } from 'vitest';
import { Code, MessageType } from '../../../src/index.ts';
import {
  exchangeOn,
  expectContent,
  expectNonConfirmable,
  expectPiggybacked,
  isEmptyAck,
  isReset,
  messagesOf,
} from '../checks.ts';
import type { Environment, PlugtestCase } from '../environment.ts';
import type { WireEntry } from '../wire.ts';

/** TD_COAP_CORE_09, 11: an Empty ACK, then the response as a Confirmable message, which the client acknowledges. */
async function separately({ client, wire, separate, run, deviations }: Environment): Promise<void> {
  const reply = await run(client.request({ method: Code.GET, ...separate }));
  await run(wire.until((entries) => entries.find(({ from, message }) => from === 'client' && isEmptyAck(message))));
  const exchange = exchangeOn(wire);
  const { request, response } = exchange;
  expect(request.type).toBe(MessageType.CON);
  expect(
    messagesOf(wire, 'server')
      .filter(isEmptyAck)
      .map(({ messageId }) => messageId),
  ).toEqual([request.messageId]);
  expect(response.type).toBe(MessageType.CON);
  expect(
    messagesOf(wire, 'client')
      .filter(isEmptyAck)
      .map(({ messageId }) => messageId),
  ).toEqual([response.messageId]);
  expectContent(reply, exchange, deviations);
}

function expectToken(token: Uint8Array): void {
  expect(token.length).toBeGreaterThanOrEqual(1);
  expect(token.length).toBeLessThanOrEqual(8);
}

/** One thing that gets lost, once. */
async function losing(environment: Environment, target: Target, lost: Loss): Promise<void> {
  const { client, wire, run, deviations } = environment;
  wire.clear();
  let pending = true;
  wire.lose = (entry) => {
    if (!pending || !lost(entry)) return false;
    pending = false;
    return true;
  };
  const reply = await run(client.request({ method: Code.GET, ...target }));
  expectContent(reply, exchangeOn(wire), deviations);
  // What was lost is sent again. Not an acknowledgement that the response stands for.
  const dropped = await run(wire.until((entries) => entries.find((entry) => entry.lost)));
  if (lost === lostRequestAck) return;
  if (lost === lostResponseAck) {
    await run(wire.until((entries) => (entries.filter(lostResponse).length > 1 ? true : undefined)));
    if (deviations.includes('leaves-with-the-response')) return;
  }
  const resets = lost === lostResponseAck && deviations.includes('resets-repeated-response');
  await run(
    wire.until((entries) =>
      entries.find((entry) => {
        const reset = resets && entry.from === 'client' && isReset(entry.message);
        return !entry.lost && (reset || sameBytes(entry, dropped));
      }),
    ),
  );
}

type Target = Environment['separate'];
type Loss = (entry: Omit<WireEntry, 'lost'>) => boolean;

function sameBytes(a: WireEntry, b: WireEntry): boolean {
  return a.from === b.from && Buffer.compare(a.bytes, b.bytes) === 0;
}

const lostRequest: Loss = ({ from, message }) => from === 'client' && message.code === Code.GET;
const lostResponse: Loss = ({ from, message }) => from === 'server' && message.code === Code.CONTENT;
const lostRequestAck: Loss = ({ from, message }) => from === 'server' && isEmptyAck(message);
const lostResponseAck: Loss = ({ from, message }) => from === 'client' && isEmptyAck(message);

export const coreMessages: readonly PlugtestCase[] = [
  { id: 'TD_COAP_CORE_09', title: 'GET with a separate response', run: separately },
  {
    id: 'TD_COAP_CORE_10',
    title: 'GET with a token',
    async run({ client, wire, at, run, deviations }) {
      const reply = await run(client.request({ method: Code.GET, path: at('test') }));
      const exchange = exchangeOn(wire);
      expectToken(exchange.request.token);
      expectPiggybacked(exchange);
      expectContent(reply, exchange, deviations);
    },
  },
  {
    id: 'TD_COAP_CORE_11',
    title: 'GET with a token and a separate response',
    async run(environment) {
      await separately(environment);
      expectToken(exchangeOn(environment.wire).request.token);
    },
  },
  {
    id: 'TD_COAP_CORE_12',
    title: 'GET with an empty token',
    async run({ client, wire, at, run, deviations }) {
      const reply = await run(client.request({ method: Code.GET, path: at('test'), emptyToken: true }));
      const exchange = exchangeOn(wire);
      expect(exchange.request.token).toHaveLength(0);
      expectPiggybacked(exchange);
      expectContent(reply, exchange, deviations);
    },
  },
  {
    id: 'TD_COAP_CORE_15',
    title: 'GET in a lossy context, piggybacked response',
    retransmits: true,
    async run(environment) {
      for (const loss of [lostRequest, lostResponse]) await losing(environment, { path: environment.at('test') }, loss);
    },
  },
  {
    id: 'TD_COAP_CORE_16',
    title: 'GET in a lossy context, separate response',
    retransmits: true,
    async run(environment) {
      for (const loss of [lostRequest, lostRequestAck, lostResponse, lostResponseAck]) {
        await losing(environment, environment.separate, loss);
      }
    },
  },
  {
    id: 'TD_COAP_CORE_17',
    title: 'GET with a separate response, NON',
    async run({ client, wire, separate, run, deviations }) {
      const reply = await run(client.request({ method: Code.GET, ...separate, confirmable: false }));
      const exchange = exchangeOn(wire);
      expectNonConfirmable(exchange, deviations);
      expect(messagesOf(wire, 'server').filter(({ type }) => type === MessageType.ACK)).toEqual([]);
      expectContent(reply, exchange, deviations);
    },
  },
  {
    id: 'TD_COAP_CORE_31',
    title: 'ping',
    async run({ client, wire, run }) {
      await run(client.ping());
      const pings = messagesOf(wire, 'client');
      const pongs = messagesOf(wire, 'server');
      expect(wire.entries.map(({ bytes }) => bytes.length)).toEqual(wire.entries.map(() => 4));
      expect(pings).toMatchObject([{ type: MessageType.CON, code: Code.EMPTY }]);
      expect(pongs).toMatchObject([{ type: MessageType.RST, code: Code.EMPTY, messageId: pings[0]!.messageId }]);
    },
  },
];
