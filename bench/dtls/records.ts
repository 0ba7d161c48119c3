// npm run bench:records -- [--smoke] [--rounds=40]
// A record in and a record out against the bare ciphers of node:crypto, and what an association costs to keep.
import { createCipheriv, createDecipheriv, createSecretKey } from 'node:crypto';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { parseArgs } from 'node:util';
import type { RecordCipher } from '@flownexus/dtls';
import { ProtectedEpoch } from '../../packages/dtls/src/records/protected-epoch.ts';
import { decodeRecords } from '../../packages/dtls/src/records/record-codec.ts';
import { ContentType } from '../../packages/dtls/src/records/record.ts';
import { interleave, sink, type TimedCall } from '../interleave.ts';
import { markdownTable } from '../statistics.ts';

const { values } = parseArgs({
  options: { smoke: { type: 'boolean', default: false }, rounds: { type: 'string' } },
});
const rounds = Number(values.rounds ?? (values.smoke ? 2 : 40));
const sliceMs = values.smoke ? 0.2 : 5;
/** Records that the server opens before it begins anew: no sequence number is taken twice. */
const POOL = values.smoke ? 32 : 1024;

const CIPHERS = {
  'aes-128-ccm-8': { name: 'aes-128-ccm', tagSize: 8 },
  'aes-128-ccm': { name: 'aes-128-ccm', tagSize: 16 },
  'aes-128-gcm': { name: 'aes-128-gcm', tagSize: 16 },
} as const;

const EMPTY = new Uint8Array(0);
const CID = Uint8Array.of(1, 2, 3, 4, 5, 6);

/** Both ends of an association. The server has a Connection ID on what it receives, or none; the client never has one. */
export function epochPair(
  cipher: RecordCipher,
  serverCid: Uint8Array,
): { readonly client: ProtectedEpoch; readonly server: ProtectedEpoch } {
  const keys = { cipher, block: Uint8Array.from({ length: 40 }, (_, index) => index), encryptThenMac: false };
  const common = { keys, maxPlaintext: 16_384 };
  return {
    client: new ProtectedEpoch({ ...common, role: 'client', localCid: EMPTY, peerCid: serverCid }),
    server: new ProtectedEpoch({ ...common, role: 'server', localCid: serverCid, peerCid: EMPTY }),
  };
}

/** Decrypting and encrypting alone, with all that the ciphers are given at hand. */
function bareCiphers(
  cipher: keyof typeof CIPHERS,
  size: number,
  cidLength: number,
  keys: 'raw keys' | 'key objects',
): TimedCall {
  const { name, tagSize } = CIPHERS[cipher];
  const [nonce, plaintext] = [new Uint8Array(12), new Uint8Array(size)];
  const raw = new Uint8Array(16);
  const key = keys === 'raw keys' ? raw : createSecretKey(raw);
  const options = { authTagLength: tagSize };
  const seal = (aad: Uint8Array, content: Uint8Array): { encrypted: Uint8Array; tag: Uint8Array } => {
    // The types of Node tell GCM from CCM, which are called alike.
    const encryption = createCipheriv(name as 'aes-128-ccm', key, nonce, options);
    encryption.setAAD(aad, { plaintextLength: content.length });
    const encrypted = encryption.update(content);
    encryption.final();
    return { encrypted, tag: encryption.getAuthTag() };
  };
  const hasCid = cidLength > 0;
  const inAad = new Uint8Array(hasCid ? 23 + cidLength : 13);
  const outAad = new Uint8Array(13);
  const { encrypted, tag } = seal(inAad, new Uint8Array(hasCid ? size + 1 : size));
  return {
    name: `bare ciphers, ${keys}`,
    call: () => {
      const decryption = createDecipheriv(name as 'aes-128-ccm', key, nonce, options);
      decryption.setAuthTag(tag);
      decryption.setAAD(inAad, { plaintextLength: encrypted.length });
      const opened = decryption.update(encrypted);
      decryption.final();
      return [opened, seal(outAad, plaintext)];
    },
  };
}

/** A datagram in, a datagram out. */
function recordInAndOut(cipher: RecordCipher, size: number, serverCid: Uint8Array): TimedCall {
  const { client, server: fresh } = epochPair(cipher, serverCid);
  const plaintext = new Uint8Array(size);
  const datagrams = Array.from({ length: POOL }, () =>
    Buffer.from(client.seal(ContentType.applicationData, plaintext)),
  );
  let server = fresh;
  let next = 0;
  return {
    name: 'record in and out',
    call: () => {
      if (next === POOL) {
        next = 0;
        server = epochPair(cipher, serverCid).server;
      }
      const [record] = decodeRecords(datagrams[next] ?? EMPTY, serverCid.length);
      next += 1;
      const opened = record && server.open(record);
      if (opened === undefined) throw new Error('a record that was not forged does not open');
      return server.seal(opened.type, opened.plaintext);
    },
  };
}

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

function usedBytes(): number {
  collectGarbage();
  collectGarbage();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

/** Bytes of heap and buffers for one epoch that has sent and received. */
function bytesPerEpoch(count: number): number {
  const kept: ProtectedEpoch[] = [];
  const before = usedBytes();
  for (let index = 0; index < count; index += 1) {
    const { client, server } = epochPair('aes-128-ccm-8', CID);
    const [record] = decodeRecords(client.seal(ContentType.applicationData, EMPTY), CID.length);
    if (record) server.open(record);
    server.seal(ContentType.applicationData, EMPTY);
    kept.push(server);
  }
  const used = usedBytes() - before;
  return used / kept.length;
}

const results = (Object.keys(CIPHERS) as (keyof typeof CIPHERS)[]).flatMap((cipher) =>
  [64, 256].flatMap((size) =>
    [EMPTY, CID].map((cid) => {
      const calls = [
        bareCiphers(cipher, size, cid.length, 'key objects'),
        bareCiphers(cipher, size, cid.length, 'raw keys'),
        recordInAndOut(cipher, size, cid),
      ];
      return { cipher, size, cid: cid.length, times: interleave(calls, rounds, sliceMs) };
    }),
  ),
);
const memory = bytesPerEpoch(values.smoke ? 100 : 20_000);

const head = ['cipher', 'bytes', 'Connection ID', 'in and out', 'µs', 'ratio'];
const rows = results.flatMap(({ cipher, size, cid, times }) =>
  times.map(({ name, micros, ratio }) => [
    cipher,
    String(size),
    cid > 0 ? `in: ${cid}` : 'none',
    name,
    micros.toFixed(2),
    ratio.toFixed(2),
  ]),
);
process.stdout.write(`${markdownTable([head, ...rows])}\n\nOne ProtectedEpoch: ${memory.toFixed(0)} bytes\n`);
process.stdout.write(
  `${JSON.stringify({ node: process.version, rounds, results, memory, isLive: sink !== undefined })}\n`,
);
