import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { programPeer } from './foreign-peer.ts';
import type { Command } from './foreign-program.ts';
import type { ForeignPeer } from './peer.ts';
import { peersFolder } from './peers-folder.ts';

const classes = join(peersFolder, 'californium', 'classes');
const classPath = [classes, join(peersFolder, 'californium', 'lib', '*')].join(delimiter);

function java(mainClass: string): Command {
  // A short life is spent better without the compiler's highest level.
  return { file: 'java', args: ['-XX:TieredStopAtLevel=1', '-cp', classPath, mainClass] };
}

export const californium: ForeignPeer = {
  name: 'Californium',
  missing() {
    if (!existsSync(join(classes, 'PlugtestServer.class'))) return 'Californium is not installed';
    return spawnSync('java', ['-version'], { stdio: 'ignore' }).status === 0 ? undefined : 'there is no java';
  },
  ...programPeer({ client: java('PlugtestClient'), server: java('PlugtestServer') }),
  serverLacks: {},
  clientLacks: {},
};
