// npm run bench:firmware -- [--smoke] [--rounds=20] [--devices=1000]
// Pushes and pulls of a package in virtual time against what block-wise takes, and the memory of a server that many devices pull from.
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { Child } from '../child.ts';
import { ServerProcess } from '../lwm2m/server-process.ts';
import { markdownTable, median } from '../statistics.ts';
import type { PullMessage, PullOrder } from './pull.ts';
import { expectedSeconds, roundTrips, secondsOf, type Transfer } from './transfer.ts';

const { values } = parseArgs({
  options: {
    smoke: { type: 'boolean', default: false },
    rounds: { type: 'string' },
    devices: { type: 'string' },
  },
});
const size = values.smoke ? 16 * 1024 : 1024 * 1024;
const rounds = Number(values.rounds ?? (values.smoke ? 1 : 20));
const devices = Number(values.devices ?? (values.smoke ? 10 : 1_000));
const SAMPLE_MS = 50;
const MEGABYTE = 1024 * 1024;

interface TransferResult extends Transfer {
  readonly seconds: number;
  readonly failed: number;
}

async function measured(transfer: Transfer): Promise<TransferResult> {
  const seconds: number[] = [];
  let failed = 0;
  for (let round = 0; round < (transfer.loss > 0 ? rounds : 1); round += 1) {
    const taken = await secondsOf(transfer, 100 * round + 1);
    if (taken === undefined) failed += 1;
    else seconds.push(taken);
    process.stderr.write(`\r${transfer.direction}, ${transfer.loss * 100} % lost: round ${round + 1}   `);
  }
  process.stderr.write('\n');
  return { ...transfer, seconds: median(seconds), failed };
}

const results: TransferResult[] = [];
for (const loss of [0, 0.05]) {
  for (const direction of ['push', 'pull'] as const) {
    results.push(await measured({ direction, size, blockSize: 1_024, latencyMs: 50, loss }));
  }
}

interface PullsResult {
  readonly devices: number;
  readonly seconds: number;
  readonly blocksPerSecond: number;
  readonly cpuMicrosPerBlock: number;
  readonly retransmissions: number;
  /** Over what the idle server had, in bytes: the most that the system gave it, and what is in use when all have pulled. */
  readonly residentBytes: number | undefined;
  readonly usedBytes: number;
}

async function pulls(): Promise<PullsResult> {
  const script = fileURLToPath(new URL('./server.ts', import.meta.url));
  const { server, port } = await ServerProcess.start(process.execPath, ['--conditions=source', script, String(size)]);
  const [usedBefore = NaN] = await server.ask('heap');
  const [cpuBefore = NaN] = await server.ask('cpu');
  const residentBefore = server.residentBytes;
  let peak = residentBefore;
  const sampling = setInterval(() => {
    const now = server.residentBytes;
    if (now !== undefined && peak !== undefined) peak = Math.max(peak, now);
  }, SAMPLE_MS);
  const load = new Child<PullMessage>('./firmware/load.ts');
  load.say({ port, devices, size } satisfies PullOrder);
  const message = await load.hear();
  clearInterval(sampling);
  if (message.kind === 'failed') throw new Error(`the devices failed: ${message.reason}`);
  const [cpuAfter = NaN] = await server.ask('cpu');
  const [usedAfter = NaN] = await server.ask('heap');
  await Promise.all([load.end(), server.end()]);
  const blocks = (devices * size) / 1_024;
  return {
    devices,
    seconds: message.elapsedMs / 1_000,
    blocksPerSecond: (blocks / message.elapsedMs) * 1_000,
    cpuMicrosPerBlock: (cpuAfter - cpuBefore) / blocks,
    retransmissions: message.retransmissions,
    residentBytes: peak === undefined || residentBefore === undefined ? undefined : peak - residentBefore,
    usedBytes: usedAfter - usedBefore,
  };
}

const pulled = await pulls();

const head = ['', 'datagrams lost', 'seconds', '÷ round trips', '÷ expected', 'failed'];
const rows = results.map((result) => [
  result.direction,
  `${result.loss * 100} %`,
  result.seconds.toFixed(1),
  (result.seconds / roundTrips(result)).toFixed(2),
  (result.seconds / expectedSeconds(result)).toFixed(2),
  String(result.failed),
]);
process.stdout.write(`${markdownTable([head, ...rows])}\n\n`);
process.stdout.write(`${JSON.stringify({ transfers: results, pulls: pulled })}\n\n`);
const megabytes = (bytes: number | undefined): string => (bytes === undefined ? '?' : (bytes / MEGABYTE).toFixed(0));
process.stdout.write(
  `${devices} pulls of ${size / 1024} KiB at a time: ${megabytes(pulled.residentBytes)} MB over idle at most, ` +
    `${megabytes(pulled.usedBytes)} MB in use at the end, ${pulled.blocksPerSecond.toFixed(0)} blocks/s\n`,
);
