import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { startForeignClient } from './foreign-client.ts';
import { type Command, ForeignProgram } from './foreign-program.ts';
import type { ForeignPeer } from './peer.ts';
import { peersFolder } from './peers-folder.ts';
import { PERIOD_MS, SEPARATE_MS } from './udp-environment.ts';

const FOLDER = join(peersFolder, 'aiocoap');

function python(script: string, args: Readonly<Record<string, number>>): Command {
  return {
    file: 'python3',
    args: [
      join(import.meta.dirname, 'aiocoap', script),
      ...Object.entries(args).flatMap(([name, value]) => [`--${name}`, String(value)]),
    ],
    env: { PYTHONPATH: FOLDER, PYTHONDONTWRITEBYTECODE: '1' },
  };
}

const NO_PING = 'aiocoap sends no pings';
const NO_CANCEL = 'aiocoap does not cancel with Observe=1';

export const aiocoap: ForeignPeer = {
  name: 'aiocoap',
  missing() {
    const env = { ...process.env, PYTHONPATH: FOLDER, PYTHONDONTWRITEBYTECODE: '1' };
    const { status } = spawnSync('python3', ['-c', 'import aiocoap'], { stdio: 'ignore', env });
    return status === 0 ? undefined : 'aiocoap is not installed';
  },
  async startServer({ ackTimeoutMs, maxRetransmit }) {
    const command = python('plugtest_server.py', {
      period: PERIOD_MS,
      separate: SEPARATE_MS,
      'ack-timeout': ackTimeoutMs,
      'max-retransmit': maxRetransmit,
    });
    const { program, first } = await ForeignProgram.start(command, () => undefined);
    return { port: Number(first.split(' ')[1]), stop: () => program.stop() };
  },
  startClient: ({ ackTimeoutMs }) => startForeignClient(python('plugtest_client.py', { 'ack-timeout': ackTimeoutMs })),
  deviations: ['quotes-sizes', 'resets-repeated-response'],
  serverLacks: { TD_COAP_LINK_03: 'in aiocoap rt=* fits resources without rt as well' },
  clientLacks: { TD_COAP_CORE_31: NO_PING, TD_COAP_OBS_03: NO_CANCEL },
};
