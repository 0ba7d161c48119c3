import { expect, test } from 'vitest';
import { HandshakeType } from '../../src/handshake/handshake-message.ts';
import type { ResumableSession } from '../../src/index.ts';
import { decodeRecords } from '../../src/records/record-codec.ts';
import type { DtlsRecord } from '../../src/records/record.ts';
import { World } from '../transport/world.ts';

const { clientHello, helloVerifyRequest, serverHello } = HandshakeType;

/** The first records of all datagrams with a handshake message of a type, in the order in which they were sent. */
function recordsOf(world: World, type: number): DtlsRecord[] {
  return world.network.log
    .flatMap(({ bytes }) => decodeRecords(bytes, 6).slice(0, 1))
    .filter(({ epoch, type: content, fragment }) => epoch === 0 && content === 22 && fragment[0] === type);
}

const sequences = (records: readonly DtlsRecord[]): number[] => records.map(({ sequence }) => sequence);
/** message_seq */
const messages = (records: readonly DtlsRecord[]): number[] => records.map(({ fragment }) => fragment[5] ?? -1);

test('HelloVerifyRequest and ServerHello have the sequence numbers of the ClientHellos that they answer (RFC 6347 §4.2.1)', async () => {
  const world = new World();
  const server = await world.server();
  const client = await world.client('dev1');
  // The first hello and the first HelloVerifyRequest are lost, so that numbers of records and messages part.
  let lost = 0;
  world.network.rule = ({ bytes }) =>
    (lost === 0 && bytes[13] === clientHello) || (lost === 1 && bytes[13] === helloVerifyRequest)
      ? ((lost += 1), 'drop')
      : 'deliver';
  await world.connect(client, server);
  const hellos = recordsOf(world, clientHello);
  expect(sequences(hellos)).toEqual([0, 1, 2, 3]);
  expect(messages(hellos)).toEqual([0, 0, 0, 1]);
  expect(sequences(recordsOf(world, helloVerifyRequest))).toEqual([1, 2]);
  expect(messages(recordsOf(world, helloVerifyRequest))).toEqual([0, 0]);
  expect(sequences(recordsOf(world, serverHello))).toEqual([3]);
  expect(messages(recordsOf(world, serverHello))).toEqual([1]);
});

test('every handshake begins with a cookie, that of a session which is resumed too', async () => {
  const world = new World();
  const server = await world.server();
  const sessions: ResumableSession[] = [];
  const first = await world.client('dev1', '10.0.1.1', { client: { onResumable: (one) => sessions.push(one) } });
  await world.connect(first, server);
  const second = await world.client('dev1', '10.0.1.2', { client: { session: sessions[0]! } });
  await world.connect(second, server);
  await world.pass();
  expect(server.transport.statistics).toMatchObject({ helloVerifyRequests: 2, handshakesResumed: 1 });
});
