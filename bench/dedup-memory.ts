// What it costs to remember a million messages within EXCHANGE_LIFETIME (RFC 7252 §4.5).
// node --conditions=source bench/dedup-memory.ts [--smoke]
import { Code, CoapEndpoint } from '@flownexus/coap';
import { ANONYMOUS, type DatagramHandler, type DatagramTransport, type Peer } from '@flownexus/datagram';
import { VirtualClock } from '@flownexus/datagram/testing';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { parseArgs } from 'node:util';
import { MESSAGE_ID_AT, requestTemplate, VALUE } from './messages.ts';

const TARGET_MB = 150;
const PEERS = 1000;

const { values } = parseArgs({ options: { smoke: { type: 'boolean', default: false } } });
const messagesPerPeer = values.smoke ? 10 : 1000;

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

/** Hands datagrams to the endpoint, and only counts what comes back. */
class CountingTransport implements DatagramTransport {
  readonly scheme = 'coap';
  readonly maxDatagramSize = 1152;
  readonly localAddress = { host: '127.0.0.1', port: 5683 };
  sent = 0;
  sentBytes = 0;
  handler: DatagramHandler | undefined;

  open(handler: DatagramHandler): Promise<void> {
    this.handler = handler;
    return Promise.resolve();
  }

  send(_peer: Peer, datagram: Uint8Array): void {
    this.sent += 1;
    this.sentBytes += datagram.length;
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}

function usedBytes(): number {
  collectGarbage();
  collectGarbage();
  const { heapUsed, external } = process.memoryUsage();
  // `external` holds `arrayBuffers` already.
  return heapUsed + external;
}

const transport = new CountingTransport();
const clock = new VirtualClock();
const endpoint = new CoapEndpoint({
  transport,
  clock,
  onRequest: () => ({ code: Code.CONTENT, payload: VALUE }),
});
await endpoint.open();

const peers = Array.from({ length: PEERS }, (_, index): Peer => {
  const port = 10_000 + index;
  return { key: `coap://10.0.0.1:${port}`, host: '10.0.0.1', port, identity: ANONYMOUS, pathValidated: true };
});
const template = requestTemplate('post');

/** Each peer sends each of its Message IDs once, within `durationMs`. */
function sendAll(durationMs: number): void {
  for (let messageId = 0; messageId < messagesPerPeer; messageId += 1) {
    for (const peer of peers) {
      const datagram = template.slice();
      datagram[MESSAGE_ID_AT] = messageId >>> 8;
      datagram[MESSAGE_ID_AT + 1] = messageId & 0xff;
      transport.handler?.onDatagram(peer, datagram);
    }
    clock.advance(durationMs / messagesPerPeer);
  }
}

const total = PEERS * messagesPerPeer;
const before = usedBytes();
const startedMs = performance.now();
sendAll(200_000);
const elapsedMs = performance.now() - startedMs;
const grownMb = (usedBytes() - before) / 1e6;
const replyBytes = transport.sentBytes / transport.sent;

// All of them again: who is remembered is answered without the handler.
sendAll(0);
const { requests, duplicates, limits } = endpoint.statistics;
const answered = transport.sent - total;
await endpoint.close();
const report = {
  messages: total,
  remembered: duplicates,
  answered,
  limits,
  replyBytes,
  elapsedMs,
  grownMb,
  targetMb: TARGET_MB,
};
process.stdout.write(`${JSON.stringify(report)}\n`);
if (requests !== total || duplicates !== total || grownMb > TARGET_MB) process.exitCode = 1;
