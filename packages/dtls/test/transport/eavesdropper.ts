import { cipherSuite } from '../../src/cipher-suites.ts';
import { trafficKeys } from '../../src/crypto/key-schedule.ts';
import type { Role } from '../../src/crypto/traffic-keys.ts';
import { HANDSHAKE_HEADER_SIZE, HandshakeType } from '../../src/handshake/handshake-message.ts';
import { decodeClientHello } from '../../src/messages/client-hello.ts';
import { decodeServerHello } from '../../src/messages/server-hello.ts';
import { ProtectedEpoch } from '../../src/records/protected-epoch.ts';
import { decodeRecords } from '../../src/records/record-codec.ts';
import { ContentType } from '../../src/records/record.ts';
import { fromHex, toHex } from '../hex.ts';
import type { Party, World } from './world.ts';

/** The whole handshake messages of a type that were sent in epoch 0, with where they came from and went. */
function messages(
  world: World,
  type: number,
): readonly { readonly body: Uint8Array; readonly from: string; readonly to: string }[] {
  return world.network.log.flatMap(({ bytes, from, to }) =>
    decodeRecords(bytes, 6)
      .filter((record) => record.type === ContentType.handshake && record.epoch === 0 && record.fragment[0] === type)
      .map(({ fragment }) => ({ body: fragment.subarray(HANDSHAKE_HEADER_SIZE), from: from.host, to: to.host })),
  );
}

/**
 * The keys of the latest association of a client, from its key log and what went over the network: what `role` would send and open. Its sequence
 * numbers go on at `writeSequence`, beyond those of the real one and within its window.
 */
export function eavesdrop(world: World, client: Party, role: Role, writeSequence = 20): ProtectedEpoch {
  const [, random = '', master = ''] = client.keyLog.at(-1)?.split(' ') ?? [];
  const hello = messages(world, HandshakeType.clientHello).findLast(
    ({ body }) => toHex(decodeClientHello(body).random) === random,
  );
  const answer = messages(world, HandshakeType.serverHello).findLast(({ to }) => to === hello?.from);
  if (hello === undefined || answer === undefined) throw new Error('there was no handshake');
  const clientHello = decodeClientHello(hello.body);
  const serverHello = decodeServerHello(answer.body);
  const suite = cipherSuite(serverHello.cipherSuite);
  if (suite === undefined) throw new Error('there is no such suite');
  const keys = trafficKeys(
    suite,
    fromHex(master),
    clientHello.random,
    serverHello.random,
    serverHello.extensions.encryptThenMac,
  );
  const ofClient = clientHello.extensions.connectionId;
  const ofServer = serverHello.extensions.connectionId;
  const cids =
    role === 'client' ? { localCid: ofClient, peerCid: ofServer } : { localCid: ofServer, peerCid: ofClient };
  return ProtectedEpoch.restore({ role, keys, ...cids, maxPlaintext: 16_384, writeSequence, readCeiling: -1 });
}
