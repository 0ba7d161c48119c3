import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { ContentFormat, type ResourceType } from '@flownexus/lwm2m-core';
import type { DevicePeer } from './device-peer.ts';
import { testValues } from './device-values.ts';
import { peersFolder } from '../../../coap/test/interop/peers-folder.ts';

const ANY_ACCEPT = 'a Read that accepts a format which it does not have is answered in TLV, not refused';

function leshan(folderName: string): Pick<DevicePeer, 'command' | 'missing'> {
  const folder = join(peersFolder, folderName);
  const classPath = [join(folder, 'classes'), join(folder, 'lib', '*')].join(delimiter);
  const logging = '-Dorg.slf4j.simpleLogger.defaultLogLevel=error';
  return {
    // A short life is spent better without the compiler's highest level.
    command: { file: 'java', args: ['-XX:TieredStopAtLevel=1', logging, '-cp', classPath, 'Main'] },
    missing() {
      if (!existsSync(join(folder, 'stamp'))) return `scripts/install-peers.sh has not installed ${folderName}`;
      return spawnSync('java', ['-version'], { stdio: 'ignore' }).status === 0 ? undefined : 'there is no java';
    },
  };
}

export const leshan2: DevicePeer = {
  ...leshan('leshan-2'),
  name: 'Leshan 2.0.0-M18',
  lwm2mVersion: '1.1',
  treeFormats: [ContentFormat.TLV, ContentFormat.SENML_JSON, ContentFormat.SENML_CBOR, ContentFormat.OMA_JSON],
  valueFormats: [ContentFormat.TEXT, ContentFormat.CBOR],
  lacksTypes: [],
  values: testValues([], {}),
  extendedMasterSecret: true,
  confirmableNotifications: true,
  deviations: [
    ANY_ACCEPT,
    'a value that falls below `gt`, or rises above `lt`, is not notified (TS Core §7.3.2)',
    'an Unsigned Integer of 2^64 - 128 and more is written in fewer bytes in TLV, as the negative integer of the same bits',
  ],
};

const LACKS_1: readonly ResourceType[] = ['unsignedInteger', 'corelnk'];

export const leshan1: DevicePeer = {
  ...leshan('leshan-1'),
  name: 'Leshan 1.5.0',
  lwm2mVersion: '1.0',
  treeFormats: [ContentFormat.TLV, ContentFormat.OMA_JSON],
  valueFormats: [ContentFormat.TEXT],
  lacksTypes: LACKS_1,
  extendedMasterSecret: false,
  confirmableNotifications: false,
  values: testValues(LACKS_1, {
    integer: { value: 1 - 2 ** 53, text: String(1 - 2 ** 53) },
    time: { value: 2_000_000_000, text: '2000000000000' },
  }),
  deviations: [
    ANY_ACCEPT,
    'a Time after 2038 is written in four bytes in TLV, as a negative one',
    'an Integer beyond 2^53 is rounded in OMA JSON',
  ],
};

export const leshans: readonly DevicePeer[] = [leshan2, leshan1];
