import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { programPeer } from './foreign-peer.ts';
import type { ForeignPeer } from './peer.ts';
import { peersFolder } from './peers-folder.ts';

const program = join(peersFolder, 'go-coap', 'plugtest');

const linkCases = Array.from({ length: 9 }, (_, index) => `TD_COAP_LINK_0${index + 1}`);

const REQUEST_IN_ACK =
  'go-coap asks for the second block of a notification in an ACK, where no request can be (RFC 7252 §4.2)';

export const goCoap: ForeignPeer = {
  name: 'go-coap',
  missing: () => (existsSync(program) ? undefined : 'go-coap is not installed'),
  ...programPeer({ client: { file: program, args: ['client'] }, server: { file: program, args: ['server'] } }),
  serverDeviations: ['answers-non-with-con'],
  clientDeviations: ['asks-with-more', 'renumbers-from-block-1'],
  serverLacks: Object.fromEntries(linkCases.map((id) => [id, 'go-coap has no /.well-known/core of its own'])),
  clientLacks: {
    TD_COAP_OBS_06: 'go-coap cancels with Observe=1 only',
    TD_COAP_OBS_13: REQUEST_IN_ACK,
    TD_COAP_OBS_14: REQUEST_IN_ACK,
  },
};
