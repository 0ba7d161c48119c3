import { Code, ContentFormat } from '../../src/index.ts';
import { lines } from '../plugtest/cases/block.ts';
import { libcoapClient } from './libcoap-client.ts';
import { libcoapMissing, startLibcoapServer } from './libcoap-process.ts';
import type { ForeignPeer } from './peer.ts';

const NO_RESOURCE = "libcoap's example server has no such resource";

const BLOCKS_APART = 'coap-client shows the blocks of a notification one by one';

export const libcoap: ForeignPeer = {
  name: 'libcoap',
  missing: libcoapMissing,
  startServer: () => startLibcoapServer(['-d', '10']),
  startClient: () => Promise.resolve(libcoapClient()),
  separate: { path: ['async'], query: ['1'] },
  paths: { obs: ['time'], 'large-update': ['example_data'] },
  serverPerCase: true,
  async prepare(operator) {
    for (const path of [['test'], ['seg1', 'seg2', 'seg3'], ['query']]) {
      const payload = Buffer.from(path.join('/'));
      await operator.request({ method: Code.PUT, path, payload, contentFormat: ContentFormat.TEXT_PLAIN });
    }
    const large = { path: ['large'], payload: lines(1300), contentFormat: ContentFormat.TEXT_PLAIN };
    await operator.request({ method: Code.PUT, ...large });
  },
  serverDeviations: ['omits-content-format', 'omits-last-block1'],
  serverLacks: {
    TD_COAP_CORE_18: NO_RESOURCE,
    TD_COAP_CORE_19: NO_RESOURCE,
    TD_COAP_CORE_20: NO_RESOURCE,
    TD_COAP_CORE_21: NO_RESOURCE,
    TD_COAP_CORE_22: NO_RESOURCE,
    TD_COAP_CORE_23: "libcoap's example server overlooks If-None-Match",
    TD_COAP_LINK_04: NO_RESOURCE,
    TD_COAP_LINK_05: NO_RESOURCE,
    TD_COAP_LINK_06: NO_RESOURCE,
    TD_COAP_LINK_08: NO_RESOURCE,
    TD_COAP_LINK_09: NO_RESOURCE,
    TD_COAP_BLOCK_04: NO_RESOURCE,
    TD_COAP_BLOCK_05: NO_RESOURCE,
    TD_COAP_OBS_02: NO_RESOURCE,
    TD_COAP_OBS_05: 'the retransmissions of coap-server take longer than a test',
    TD_COAP_OBS_07: 'an observed resource of coap-server can not be deleted',
    TD_COAP_OBS_08: 'an observed resource of coap-server takes no other format',
    TD_COAP_OBS_09: 'an observed resource of coap-server takes no other value',
    TD_COAP_OBS_13: NO_RESOURCE,
    TD_COAP_OBS_14: NO_RESOURCE,
  },
  clientDeviations: ['leaves-with-the-response'],
  clientLacks: {
    TD_COAP_CORE_12: 'coap-client has a token in each request',
    TD_COAP_CORE_31: 'coap-client sends no ping alone',
    TD_COAP_OBS_06: 'coap-client cancels with Observe=1 only',
    TD_COAP_OBS_13: BLOCKS_APART,
    TD_COAP_OBS_14: BLOCKS_APART,
  },
};
