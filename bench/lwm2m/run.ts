// npm run bench:lwm2m -- [--smoke] [--rounds=12] [--only='flownexus notify'] (or memory) [--cpu-prof=FOLDER]
// Our LwM2M server beside that of Leshan: round trips per second, and what they cost the server.
import { parseArgs } from 'node:util';
import { markdownTable, median } from '../statistics.ts';
import { Measurement, type Sample, type Size } from './measurement.ts';
import { memoryOf, type Memory } from './memory.ts';
import { OPERATIONS, type Operation } from './orders.ts';
import { FORGET_AT_ONCE, flownexus, leshan, type Subject } from './servers.ts';

const FULL: Size = { devices: 1000, window: 64, slice: 8000, warmUp: 8 };
const SMOKE: Size = { devices: 8, window: 4, slice: 100, warmUp: 0 };

const { values } = parseArgs({
  options: {
    smoke: { type: 'boolean', default: false },
    rounds: { type: 'string' },
    only: { type: 'string', default: '' },
    'cpu-prof': { type: 'string' },
  },
});
const size = values.smoke ? SMOKE : FULL;
const rounds = Number(values.rounds ?? (values.smoke ? 1 : 12));
const profile = values['cpu-prof'];

interface Work {
  readonly measurement: Measurement;
  readonly operation: Operation;
  readonly samples: Sample[];
}

const OURS = flownexus(profile === undefined ? [] : ['--cpu-prof', `--cpu-prof-dir=${profile}`]);
const theirs = leshan();
if (theirs === undefined) process.stderr.write('no Leshan: scripts/install-peers.sh fetches it\n');

const work: Work[] = [];
const measurements: Measurement[] = [];
for (const subject of [theirs, OURS]) {
  const wanted = OPERATIONS.filter(
    (operation) => subject !== undefined && nameOf(subject, operation).includes(values.only),
  );
  if (subject === undefined || wanted.length === 0) continue;
  const measurement = await Measurement.open(subject, size);
  measurements.push(measurement);
  for (const operation of wanted) work.push({ measurement, operation, samples: [] });
}
work.sort((a, b) => OPERATIONS.indexOf(a.operation) - OPERATIONS.indexOf(b.operation));
// A little of each, again and again: what the machine does meanwhile meets all alike.
for (let round = -size.warmUp; round < rounds; round += 1) {
  for (const { measurement, operation, samples } of work) {
    const sample = await measurement.run(operation);
    if (round >= 0) samples.push(sample);
  }
  process.stderr.write(`\r${round < 0 ? 'warming up' : `round ${round + 1} of ${rounds}`}   `);
}
process.stderr.write('\n');
for (const measurement of measurements) await measurement.close();

function nameOf(subject: Subject, operation: Operation): string {
  return `${subject.name} ${operation}`;
}

const results = work.map(({ measurement: { subject }, operation, samples }) => {
  const rival = work.find((other) => other.operation === operation && other.measurement.subject === theirs);
  const ratio = (value: (sample: Sample) => number): number | undefined =>
    rival && median(samples.map((sample, round) => value(sample) / value(rival.samples[round] ?? sample)));
  return {
    name: nameOf(subject, operation),
    perSecond: median(samples.map(({ perSecond }) => perSecond)),
    cpuMicros: median(samples.map(({ cpuMicros }) => cpuMicros)),
    // A slice in which garbage is collected counts as much as it takes.
    meanCpuMicros: mean(samples.map(({ cpuMicros }) => cpuMicros)),
    wallToLeshan: ratio(({ perSecond }) => perSecond),
    perCpuToLeshan: ratio(({ cpuMicros }) => 1 / cpuMicros),
    meanPerCpuToLeshan:
      rival && mean(rival.samples.map(({ cpuMicros }) => cpuMicros)) / mean(samples.map(({ cpuMicros }) => cpuMicros)),
  };
});

function mean(numbers: readonly number[]): number {
  return numbers.reduce((sum, value) => sum + value, 0) / numbers.length;
}

function twoDigits(value: number | undefined): string {
  return value === undefined ? '' : value.toFixed(2);
}

const MEMORY_HEAD = [
  'registrations of',
  'how many',
  'object lists',
  'bytes each',
  'bytes each at first',
  'MB resident',
];

function memoryCells(memory: Memory): string[] {
  const { name, registrations, lists, bytesEach, bytesEachAtFirst, residentBytes } = memory;
  const resident = residentBytes === undefined ? '' : (residentBytes / 1e6).toFixed(0);
  return [name, String(registrations), lists, bytesEach.toFixed(0), bytesEachAtFirst.toFixed(0), resident];
}

const head = [
  'what',
  'round trips/s',
  'CPU µs each',
  'mean',
  'round trips/s ÷ Leshan',
  'per second of CPU ÷ Leshan',
  'of the means',
];
const cells = results.map((result) => [
  result.name,
  result.perSecond.toFixed(0),
  result.cpuMicros.toFixed(1),
  result.meanCpuMicros.toFixed(1),
  twoDigits(result.wallToLeshan),
  twoDigits(result.perCpuToLeshan),
  twoDigits(result.meanPerCpuToLeshan),
]);
if (results.length > 0) process.stdout.write(`${markdownTable([head, ...cells])}\n\n`);

const memories: Memory[] = [];
if ('memory'.includes(values.only)) {
  const registrations = values.smoke ? 500 : 100_000;
  memories.push(...(await memoryOf({ plain: flownexus(), forgetful: flownexus([], FORGET_AT_ONCE), registrations })));
  const forgetful = leshan(FORGET_AT_ONCE);
  // Six more starts of Java show nothing that the others do not.
  if (theirs !== undefined && forgetful !== undefined && !values.smoke) {
    memories.push(...(await memoryOf({ plain: theirs, forgetful, registrations: 50_000 })));
  }
  process.stdout.write(`${markdownTable([MEMORY_HEAD, ...memories.map(memoryCells)])}\n\n`);
}
process.stdout.write(`${JSON.stringify({ node: process.version, rounds, ...size, results, memories })}\n`);
