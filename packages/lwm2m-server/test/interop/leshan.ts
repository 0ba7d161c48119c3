import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import type { Command } from './device-program.ts';
import { peersFolder } from './peers-folder.ts';

/** A program of Leshan's devices. */
export interface LeshanPeer {
  readonly name: string;
  readonly command: Command;
  /** Why it can't take part, or undefined when it can. */
  readonly missing: () => string | undefined;
}

function leshan(name: string, folderName: string): LeshanPeer {
  const folder = join(peersFolder, folderName);
  const classPath = [join(folder, 'classes'), join(folder, 'lib', '*')].join(delimiter);
  const logging = '-Dorg.slf4j.simpleLogger.defaultLogLevel=warn';
  return {
    name,
    // A short life is spent better without the compiler's highest level.
    command: { file: 'java', args: ['-XX:TieredStopAtLevel=1', logging, '-cp', classPath, 'Main'] },
    missing() {
      if (!existsSync(join(folder, 'stamp'))) return `scripts/install-peers.sh has not installed ${folderName}`;
      return spawnSync('java', ['-version'], { stdio: 'ignore' }).status === 0 ? undefined : 'there is no java';
    },
  };
}

export const leshan2: LeshanPeer = leshan('Leshan 2.0.0-M18', 'leshan-2');
