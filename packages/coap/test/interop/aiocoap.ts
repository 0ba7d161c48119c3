import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { programPeer } from './foreign-peer.ts';
import type { Command } from './foreign-program.ts';
import type { ForeignPeer } from './peer.ts';
import { peersFolder } from './peers-folder.ts';

// Python puts nothing into the repository.
const ENV = { PYTHONPATH: join(peersFolder, 'aiocoap'), PYTHONDONTWRITEBYTECODE: '1' };

function script(name: string): Command {
  return { file: 'python3', args: [join(import.meta.dirname, 'aiocoap', name)], env: ENV };
}

const NO_BLOCKS = "aiocoap's server puts a response with Observe into one datagram, however large";

export const aiocoap: ForeignPeer = {
  name: 'aiocoap',
  missing() {
    const env = { ...process.env, ...ENV };
    const { status } = spawnSync('python3', ['-c', 'import aiocoap'], { stdio: 'ignore', env });
    return status === 0 ? undefined : 'aiocoap is not installed';
  },
  ...programPeer({ client: script('plugtest_client.py'), server: script('plugtest_server.py') }),
  clientDeviations: ['resets-repeated-response'],
  serverLacks: {
    TD_COAP_LINK_03: 'in aiocoap rt=* fits resources without rt as well',
    TD_COAP_OBS_13: NO_BLOCKS,
    TD_COAP_OBS_14: NO_BLOCKS,
  },
  clientLacks: {
    TD_COAP_CORE_31: 'aiocoap sends no pings',
    TD_COAP_OBS_03: 'aiocoap does not cancel with Observe=1',
  },
};
