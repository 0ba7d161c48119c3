import { DecodeError } from '@flownexus/lwm2m-core';
import { listOf, objectOf, oneOf, TEXT, UINT16, type Form } from '../downlink/json-form.ts';
import { formatText, parseText } from '../downlink/json-text.ts';
import { RESOURCE } from '../downlink/node-form.ts';
import { Lwm2mServerError } from '../errors.ts';
import { limits } from '../limits.ts';
import type { BootstrapConfiguration, BootstrapInstance, BootstrapQuery } from './bootstrap-configuration.ts';
import { checkBootstrapConfiguration } from './check-configuration.ts';

const CONFIGURATION: Form<BootstrapConfiguration> = objectOf<BootstrapConfiguration>(
  { instances: listOf(objectOf<BootstrapInstance>({ path: TEXT, resources: listOf(RESOURCE) })) },
  {
    deletes: listOf(TEXT),
    queries: listOf(
      objectOf<BootstrapQuery>(
        { operation: oneOf(['discover', 'read']), path: TEXT },
        { when: oneOf(['first', 'afterDeletes', 'beforeFinish']) },
      ),
    ),
    contentFormat: UINT16,
  },
);

/**
 * The text of a bootstrap configuration, for stores: JSON, in which values are as in the text of an operation. It has the keys that are written to the device.
 *
 * @throws RangeError for one beyond the bound of `limits.ts`
 */
export function formatBootstrapConfiguration(configuration: BootstrapConfiguration): string {
  return formatText(CONFIGURATION, configuration, limits.maxBootstrapTextLength);
}

/**
 * Reads a bootstrap configuration from its text.
 *
 * @throws Lwm2mServerError `ERR_LWM2M_SERVER_BOOTSTRAP` for any text that is none, or is one of what can not be written
 */
export function parseBootstrapConfiguration(text: string): BootstrapConfiguration {
  return inWordsOfBootstrap(() => {
    const configuration = parseText(CONFIGURATION, text, limits.maxBootstrapTextLength);
    checkBootstrapConfiguration(configuration);
    return configuration;
  });
}

/** What is wrong with a configuration that was read, as `ERR_LWM2M_SERVER_BOOTSTRAP`. */
export function inWordsOfBootstrap<T>(read: () => T): T {
  try {
    return read();
  } catch (error) {
    const isExpected = error instanceof Lwm2mServerError || error instanceof RangeError || error instanceof DecodeError;
    if (!isExpected) throw error;
    throw new Lwm2mServerError('ERR_LWM2M_SERVER_BOOTSTRAP', `this is no bootstrap configuration: ${error.message}`);
  }
}
