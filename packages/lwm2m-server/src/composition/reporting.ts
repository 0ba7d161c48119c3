import type { CoapClient, RegisteredEndpoint } from '../registration/registered-endpoint.ts';
import { SendInterface } from '../reporting/send-interface.ts';
import { Authorization } from '../security/authorization.ts';
import type { CredentialStore } from '../security/credential-store.ts';
import type { Foundation } from './foundation.ts';

/** The Send operation of a server, with its events and counters. `heard`: the endpoint is awake. */
export function createSendInterface(
  foundation: Foundation,
  credentials: readonly CredentialStore[],
  proverOf: (coap: CoapClient) => CredentialStore | undefined,
  heard: (endpoint: RegisteredEndpoint) => void,
): SendInterface {
  const { options, clock, report, events, counters, tallies, table } = foundation;
  return new SendInterface({
    table,
    authorization: new Authorization(credentials),
    proverOf,
    objects: options.objects,
    clock,
    handlers: options,
    rules: options,
    reportError: report,
    refused: foundation.refused,
    heard,
    reported: (reported) => {
      counters.sends += 1;
      tallies.count(reported.registration.endpointName, 'sends');
      events.emit('send', reported);
    },
  });
}
