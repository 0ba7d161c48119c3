import { expect } from 'vitest';
import {
  blockOption,
  type CoapMessage,
  Code,
  codeClass,
  ContentFormat,
  findOption,
  isResponse,
  MessageType,
  OptionNumber,
  uintOption,
} from '../../../src/index.ts';
import { bytes, codeOf, exchangesOn, isEmptyAck, isReset, messagesOf, text } from '../checks.ts';
import type { Environment, PlugtestCase, ResourceName } from '../environment.ts';
import type { PlugtestObservation, PlugtestReply } from '../plugtest-client.ts';
import type { Wire, WireEntry } from '../wire.ts';

const { ACK, CON, NON } = MessageType;

interface Observing {
  readonly observation: PlugtestObservation;
  readonly token: Uint8Array;
  readonly contentFormat: number | undefined;
}

const observeOf = ({ options }: CoapMessage): number | undefined => uintOption(options, OptionNumber.OBSERVE);

/** What the server said under a token, beginning at an entry of the wire. */
function saidTo(wire: Wire, token: Uint8Array, since = 0): CoapMessage[] {
  const before = new Set(wire.entries.slice(0, since).map(({ bytes: datagram }) => hex(datagram)));
  return wire.entries
    .slice(since)
    .filter(({ from, message, bytes: datagram }) => {
      return from === 'server' && isResponse(message.code) && same(message.token, token) && !before.has(hex(datagram));
    })
    .map(({ message }) => message);
}

function hex(datagram: Uint8Array): string {
  return Buffer.from(datagram).toString('hex');
}

function same(a: Uint8Array, b: Uint8Array): boolean {
  return Buffer.compare(a, b) === 0;
}

/** Notifications under a token, each once: what is neither the response to the registration nor piggybacked on a later request. */
function notificationsOn(wire: Wire, token: Uint8Array): CoapMessage[] {
  return messagesOf(wire, 'server')
    .filter((message) => isResponse(message.code) && same(message.token, token))
    .slice(1)
    .filter(({ type }) => type !== ACK);
}

const hasBlocks = (message: CoapMessage): boolean => blockOption(message.options, OptionNumber.BLOCK2)?.more === true;

/** Registers, and checks what goes over the wire (the first steps of each description). */
async function observe(
  environment: Environment,
  resource: ResourceName,
  { confirmable = true, reregister = false } = {},
): Promise<Observing> {
  const { client, wire, at, run } = environment;
  const observation = await run(client.observe({ method: Code.GET, path: at(resource), confirmable, reregister }));
  const { request, response } = exchangesOn(wire)[0]!;
  expect(request.type).toBe(confirmable ? CON : NON);
  expect(findOption(request.options, OptionNumber.OBSERVE)?.value).toHaveLength(0);
  expect(codeOf(response)).toBe('2.05');
  expect(observeOf(response)).toBeDefined();
  expect(codeOf(observation.first)).toBe('2.05');
  return {
    observation,
    token: request.token,
    contentFormat: uintOption(response.options, OptionNumber.CONTENT_FORMAT),
  };
}

/** Two notifications arrive, are shown, and have ascending numbers; the Confirmable ones are acknowledged. */
async function expectNotifications(environment: Environment, observing: Observing, type: MessageType): Promise<void> {
  const { wire, run } = environment;
  const { observation, token, contentFormat } = observing;
  const shown: PlugtestReply[] = [];
  while (shown.length < 2) shown.push(await run(observation.next()));
  const sent = notificationsOn(wire, token);
  for (const reply of shown) {
    expect(codeOf(reply)).toBe('2.05');
    expect(sent.map(({ payload }) => text(payload))).toContain(text(reply.payload));
  }
  for (const message of sent) {
    expect(message.type).toBe(type);
    expect(codeOf(message)).toBe('2.05');
    expect(uintOption(message.options, OptionNumber.CONTENT_FORMAT)).toBe(contentFormat);
  }
  expectAscending(sent);
  if (type === CON) for (const message of sent.slice(0, 2)) await acknowledged(environment, message);
}

/** RFC 7641 §3.4, for messages that are less than 128 s apart. */
function expectAscending(messages: readonly CoapMessage[]): void {
  messages.slice(1).forEach((message, index) => {
    const distance = (observeOf(message)! - observeOf(messages[index]!)! + 2 ** 24) % 2 ** 24;
    expect(distance).toBeGreaterThan(0);
    expect(distance).toBeLessThan(2 ** 23);
  });
}

async function acknowledged({ wire, run }: Environment, { messageId }: CoapMessage): Promise<void> {
  await run(
    wire.until((entries) =>
      entries.find(({ from, message }) => from === 'client' && isEmptyAck(message) && message.messageId === messageId),
    ),
  );
}

/** The resource changes and the observer is not told. */
async function expectSilence({ wire, changed }: Environment, resource: ResourceName, token: Uint8Array): Promise<void> {
  const since = wire.entries.length;
  for (let round = 0; round < 2; round += 1) await changed(resource);
  expect(saidTo(wire, token, since).map((message) => codeOf(message))).toEqual([]);
}

/** The response to the cancellation, which not every client waits for. */
function answerToCancel(token: Uint8Array): (entries: readonly WireEntry[]) => WireEntry | undefined {
  return (entries) =>
    entries.find(({ from, message }) => {
      return from === 'server' && same(message.token, token) && observeOf(message) === undefined;
    });
}

/** The next notification that is wanted; others may come before it. */
async function nextThat(
  { run }: Environment,
  observation: PlugtestObservation,
  wanted: (reply: PlugtestReply) => boolean,
): Promise<PlugtestReply> {
  for (let round = 0; round < 10; round += 1) {
    const reply = await run(observation.next());
    if (wanted(reply)) return reply;
  }
  throw new Error('the notification did not come');
}

/** TD_COAP_OBS_07, 08: a notification with an error, without Observe, and none after it. */
async function endsWith(environment: Environment, code: string, disturb: () => Promise<PlugtestReply>): Promise<void> {
  const { wire, run } = environment;
  const observing = await observe(environment, 'obs');
  await run(observing.observation.next());
  expect(codeOf(await run(disturb())).startsWith('2.')).toBe(true);
  const last = await nextThat(environment, observing.observation, (reply) => codeClass(reply.code) !== 2);
  expect(codeOf(last)).toBe(code);
  const said = notificationsOn(wire, observing.token).at(-1)!;
  expect(said.type).toBe(CON);
  expect(codeOf(said)).toBe(code);
  expect(observeOf(said)).toBeUndefined();
  await acknowledged(environment, said);
  await expectSilence(environment, 'obs', observing.token);
}

export const observation: readonly PlugtestCase[] = [
  {
    id: 'TD_COAP_OBS_01',
    title: 'observation, CON',
    async run(environment) {
      await expectNotifications(environment, await observe(environment, 'obs'), CON);
    },
  },
  {
    id: 'TD_COAP_OBS_02',
    title: 'observation, NON',
    async run(environment) {
      await expectNotifications(environment, await observe(environment, 'obs-non', { confirmable: false }), NON);
    },
  },
  {
    id: 'TD_COAP_OBS_03',
    title: 'the client stops the observation by a GET with Observe=1',
    async run(environment) {
      const { wire, run } = environment;
      const { observation: observed, token } = await observe(environment, 'obs');
      await run(observed.next());
      await run(observed.cancel());
      await run(wire.until(answerToCancel(token)));
      const { request, response } = exchangesOn(wire).at(-1)!;
      expect(observeOf(request)).toBe(1);
      expect(request.token).toEqual(token);
      expect(codeOf(response)).toBe('2.05');
      expect(observeOf(response)).toBeUndefined();
      await expectSilence(environment, 'obs', token);
    },
  },
  {
    id: 'TD_COAP_OBS_04',
    title: 'the client notices by Max-Age that the server has forgotten the observation',
    onlyOurs: 'it takes half a minute, and a server that begins anew at the same port',
    async run(environment) {
      const { wire, run, reboot } = environment;
      const observing = await observe(environment, 'obs', { reregister: true });
      await run(observing.observation.next());
      await reboot!();
      const registrations = (entries: readonly WireEntry[]): readonly WireEntry[] =>
        entries.filter(({ from, message }) => from === 'client' && observeOf(message) === 0);
      await run(wire.until((entries) => (registrations(entries).length === 2 ? true : undefined)));
      const [first, second] = registrations(wire.entries);
      expect(second?.message.type).toBe(CON);
      expect(second?.message.token).toEqual(first?.message.token);
      wire.clear();
      // The response to the registration, then notifications as before.
      const shown = [await run(observing.observation.next()), await run(observing.observation.next())];
      expect(shown.map(codeOf)).toEqual(['2.05', '2.05']);
      const notified = saidTo(wire, observing.token).filter(({ type }) => type === CON);
      expect(notified.map(({ payload }) => text(payload))).toContain(text(shown[1]!.payload));
      await acknowledged(environment, notified[0]!);
    },
  },
  {
    id: 'TD_COAP_OBS_05',
    title: 'the server notices that the client is off',
    retransmits: true,
    async run(environment) {
      const { wire, run, changed, patience } = environment;
      const { observation: observed, token } = await observe(environment, 'obs');
      await run(observed.next());
      const since = wire.entries.length;
      wire.lose = () => true;
      let quiet = 0;
      let seen = since;
      for (let round = 0; quiet < patience && round < 80; round += 1) {
        await changed('obs');
        quiet = wire.entries.length === seen ? quiet + 1 : 0;
        seen = wire.entries.length;
      }
      const lost = wire.entries.slice(since).filter(({ from, message }) => from === 'server' && message.type === CON);
      expect(lost.length).toBeGreaterThan(1);
      wire.lose = undefined;
      await expectSilence(environment, 'obs', token);
    },
  },
  {
    id: 'TD_COAP_OBS_06',
    title: 'the server notices an explicit RST',
    async run(environment) {
      const { wire, run } = environment;
      const { observation: observed, token } = await observe(environment, 'obs');
      await run(observed.next());
      await run(observed.forget());
      const reset = await run(
        wire.until((entries) => entries.find(({ from, message }) => from === 'client' && isReset(message))),
      );
      const last = notificationsOn(wire, token).at(-1)!;
      expect(reset.message.messageId).toBe(last.messageId);
      await expectSilence(environment, 'obs', token);
    },
  },
  {
    id: 'TD_COAP_OBS_07',
    title: 'the resource is deleted',
    run: (environment) =>
      endsWith(environment, '4.04', () => {
        return environment.operator.request({ method: Code.DELETE, path: environment.at('obs') });
      }),
  },
  {
    id: 'TD_COAP_OBS_08',
    title: 'the Content-Format of the resource changes',
    run: (environment) =>
      endsWith(environment, '4.06', () => {
        const content = { payload: bytes('<changed/>'), contentFormat: ContentFormat.XML };
        return environment.operator.request({ method: Code.PUT, path: environment.at('obs'), ...content });
      }),
  },
  {
    id: 'TD_COAP_OBS_09',
    title: 'the resource is updated',
    async run(environment) {
      const { wire, operator, at, run } = environment;
      const { observation: observed, token, contentFormat = 0 } = await observe(environment, 'obs');
      await run(observed.next());
      const content = { payload: bytes('put by another'), contentFormat };
      const changed = await run(operator.request({ method: Code.PUT, path: at('obs'), ...content }));
      expect(codeOf(changed)).toBe('2.04');
      await nextThat(environment, observed, ({ payload }) => text(payload) === 'put by another');
      const said = notificationsOn(wire, token);
      const update = said.find(({ payload }) => text(payload) === 'put by another')!;
      expect(update.type).toBe(CON);
      expect(uintOption(update.options, OptionNumber.CONTENT_FORMAT)).toBe(contentFormat);
      expectAscending(said);
      await acknowledged(environment, update);
    },
  },
  {
    id: 'TD_COAP_OBS_10',
    title: 'a GET does not cancel the observation',
    async run(environment) {
      const { client, wire, at, run } = environment;
      const observing = await observe(environment, 'obs');
      await run(observing.observation.next());
      const reply = await run(client.request({ method: Code.GET, path: at('obs') }));
      const { request, response } = exchangesOn(wire).find(({ request: each }) => observeOf(each) === undefined)!;
      expect(request.token).not.toEqual(observing.token);
      expect(observeOf(response)).toBeUndefined();
      expect(uintOption(response.options, OptionNumber.CONTENT_FORMAT)).toBe(observing.contentFormat);
      expect(codeOf(reply)).toBe('2.05');
      await expectNotifications(environment, observing, CON);
    },
  },
  {
    id: 'TD_COAP_OBS_11',
    title: 'observation in a lossy context',
    retransmits: true,
    async run(environment) {
      const { wire, run } = environment;
      const { observation: observed, token } = await observe(environment, 'obs');
      // Of each notification the first transmission gets lost, and of each second one its acknowledgement.
      const seen = new Map<number, number>();
      wire.lose = ({ from, message: { type, messageId } }) => {
        if (from === 'client' && type !== ACK) return false;
        const times = (seen.get(messageId) ?? 0) + 1;
        seen.set(messageId, times);
        return from === 'server' ? type === CON && times === 1 : times === 2 && seen.size % 2 === 0;
      };
      for (let count = 0; count < 3; count += 1) expect(codeOf(await run(observed.next()))).toBe('2.05');
      // One at a time: what was sent before is not sent again once there is a newer one (RFC 7641 §4.5.2).
      const order = saidTo(wire, token)
        .filter(({ type }) => type === CON)
        .map(({ messageId }) => messageId);
      const changes = order.filter((messageId, index) => messageId !== order[index - 1]);
      expect(order.length).toBeGreaterThan(changes.length);
      expect(changes).toEqual([...new Set(order)]);
    },
  },
  {
    id: 'TD_COAP_OBS_13',
    title: 'observation of a large resource',
    async run(environment) {
      const { wire, run } = environment;
      const { observation: observed, token } = await observe(environment, 'obs-large');
      expect(observed.first.payload.length).toBeGreaterThan(1024);
      expect(hasBlocks(exchangesOn(wire)[0]!.response)).toBe(true);
      const shown = [await run(observed.next()), await run(observed.next())];
      const sent = notificationsOn(wire, token).filter((message) => observeOf(message) !== undefined);
      for (const message of sent) {
        expect(message.type).toBe(CON);
        expect(hasBlocks(message)).toBe(true);
      }
      expectAscending(sent);
      for (const { payload } of shown) {
        expect(payload).toHaveLength(observed.first.payload.length);
        expect(sent.some((message) => text(payload).startsWith(text(message.payload)))).toBe(true);
      }
    },
  },
  {
    id: 'TD_COAP_OBS_14',
    title: 'observation of a resource that is large now and then',
    async run(environment) {
      const { wire, run } = environment;
      const { observation: observed, token } = await observe(environment, 'obs-pumping');
      const shown = [await run(observed.next()), await run(observed.next())];
      const sent = notificationsOn(wire, token).filter((message) => observeOf(message) !== undefined);
      expect(new Set(sent.map(hasBlocks))).toEqual(new Set([true, false]));
      expect(shown.some(({ payload }) => payload.length > 1024)).toBe(true);
      expect(shown.some(({ payload }) => payload.length < 64)).toBe(true);
    },
  },
];
