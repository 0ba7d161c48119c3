// npm run bench:formats -- [--smoke] [--rounds=40]
import { parseArgs } from 'node:util';
import { ObjectRegistry } from '@flownexus/lwm2m-core';
import { microsPerCall, sink } from '../interleave.ts';
import { markdownTable, median } from '../statistics.ts';
import { casesOf, type Case } from './cases.ts';

const { values } = parseArgs({
  options: { smoke: { type: 'boolean', default: false }, rounds: { type: 'string' } },
});
const rounds = Number(values.rounds ?? (values.smoke ? 2 : 40));
const sliceMs = values.smoke ? 0.2 : 5;

interface Timed {
  readonly subject: Case;
  readonly decode: number[];
  readonly encode: number[];
}

const registry = await ObjectRegistry.bundled();
// As a server sees the objects of one device.
const definitions = registry.forVersions(
  new Map([
    [3, '1.1'],
    [3303, '1.1'],
  ]),
);
const subjects: Timed[] = casesOf(definitions).map((subject) => ({
  subject,
  decode: [],
  encode: [],
}));
// A little of each, again and again: what the machine does meanwhile meets all alike. The first rounds warm up.
for (let round = -2; round < rounds; round += 1) {
  for (const { subject, decode, encode } of subjects) {
    const decoding = microsPerCall(() => subject.decode(), sliceMs);
    const encoding = microsPerCall(() => subject.encode(), sliceMs);
    if (round < 0) continue;
    decode.push(decoding);
    encode.push(encoding);
  }
  process.stderr.write(`\rround ${round + 1} of ${rounds}`);
}
process.stderr.write('\n');

const results = subjects.map(({ subject, decode, encode }) => {
  const floor = subjects.find((other) => other.subject.content === subject.content);
  const ratio = (taken: readonly number[], floors: readonly number[] = []): number =>
    median(taken.map((value, round) => value / (floors[round] ?? NaN)));
  return {
    content: subject.content,
    format: subject.format,
    bytes: subject.bytes,
    decodeMicros: median(decode),
    decodeToJsonParse: ratio(decode, floor?.decode),
    encodeMicros: median(encode),
    encodeToJsonStringify: ratio(encode, floor?.encode),
  };
});

const head = ['content', 'format', 'bytes', 'decode µs', '÷ JSON.parse', 'encode µs', '÷ JSON.stringify'];
const rows = results.map((result) => [
  result.content,
  result.format,
  String(result.bytes),
  result.decodeMicros.toFixed(2),
  result.decodeToJsonParse.toFixed(2),
  result.encodeMicros.toFixed(2),
  result.encodeToJsonStringify.toFixed(2),
]);
process.stdout.write(`${markdownTable([head, ...rows])}\n`);
process.stdout.write(`${JSON.stringify({ node: process.version, rounds, results, isLive: sink !== undefined })}\n`);
