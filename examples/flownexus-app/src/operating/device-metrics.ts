import type { CoapStatistics } from '@flownexus/coap';
import type { BootstrapServerStatistics, DtlsStatistics, ServerStatistics } from '@flownexus/lwm2m-server';
import type { Registry } from 'prom-client';
import { byServer, countersOf, type CounterTexts, sampledGauge } from './sampled-metrics.ts';

/** What the servers for devices have counted. */
export interface DeviceStatistics {
  readonly lwm2m: ServerStatistics;
  readonly bootstrap: BootstrapServerStatistics;
  /** Undefined before the server listens. */
  readonly dtls: Readonly<Record<'lwm2m' | 'bootstrap', DtlsStatistics | undefined>>;
}

const coapTexts: CounterTexts<CoapStatistics> = {
  received: ['datagrams_received', 'CoAP datagrams received'],
  sent: ['datagrams_sent', 'CoAP datagrams sent, with retransmissions'],
  formatErrors: ['format_errors', 'Datagrams that are no CoAP messages'],
  ignored: ['ignored_messages', 'Well-formed messages that mean nothing'],
  duplicates: ['duplicate_messages', 'Messages that had been received already'],
  retransmissions: ['retransmissions', 'Confirmable messages that were sent again'],
  timeouts: ['timeouts', 'Confirmable messages and requests that nobody answered'],
  resetsSent: ['resets_sent', 'Reset messages sent'],
  resetsReceived: ['resets_received', 'Reset messages received'],
  unmatched: ['unmatched_messages', 'Responses and acknowledgements that belong to nothing'],
  requests: ['requests_received', 'Requests that were handled'],
  notifications: ['notifications_received', 'Notifications of observations'],
  abandonedNotifications: ['abandoned_notifications', 'Notifications whose further blocks could not be fetched'],
  handlerErrors: ['handler_errors', 'Requests and notifications whose handling failed'],
  limits: ['limits_reached', 'Times that a bound was in the way'],
};

const dtlsTexts: CounterTexts<DtlsStatistics> = {
  handshakesStarted: ['handshakes_started', 'DTLS handshakes that were started'],
  handshakesCompleted: ['handshakes_completed', 'DTLS handshakes that were completed'],
  handshakesResumed: ['handshakes_resumed', 'Those that resumed a session'],
  handshakesFailed: ['handshakes_failed', 'DTLS handshakes that failed'],
  helloVerifyRequests: ['hello_verify_requests', 'Cookies sent to addresses that are not proven'],
  restored: ['associations_restored', 'Associations that came back from the database'],
  recordsReceived: ['records_received', 'DTLS records received'],
  recordsSent: ['records_sent', 'DTLS records of associations that were sent'],
  recordsForged: ['records_forged', 'Records that did not authenticate'],
  recordsReplayed: ['records_replayed', 'Records that had been received already'],
  recordsDropped: ['records_dropped', 'Records that fit nothing'],
  addressChanges: ['address_changes', 'Devices with a Connection ID that came from another address'],
  sendsRefused: ['sends_refused', 'Datagrams that could not be sent'],
  limits: ['limits_reached', 'Times that a bound was in the way'],
  alertsSent: ['alerts_sent', 'Alerts sent'],
  alertsReceived: ['alerts_received', 'Alerts received'],
  callbackErrors: ['callback_errors', 'Calls of the application and its store that failed'],
};

const lwm2mTexts: CounterTexts<ServerStatistics> = {
  registers: ['registers', 'Registrations that were made'],
  updates: ['updates', 'Updates of registrations'],
  deregisters: ['deregisters', 'Registrations that devices ended'],
  expiries: ['expiries', 'Registrations whose lifetime ended'],
  revocations: ['revocations', 'Registrations that ended with their credential'],
  refusals: ['refusals', 'Requests of devices that were refused'],
  sends: ['sends', 'Sends whose values were stored'],
  notifications: ['notifications', 'Notifications whose values were stored'],
  undecodable: ['undecodable_notifications', 'Notifications that did not decode'],
  abandoned: ['abandoned_notifications', 'Notifications in blocks that could not be fetched'],
  operations: ['operations', 'Requests to devices'],
  answers: ['operation_answers', 'Those of them that the device answered'],
  rejections: ['operation_rejections', 'Those that it answered with 4.xx or 5.xx'],
  timeouts: ['operation_timeouts', 'Those that it did not answer'],
};

const bootstrapTexts: CounterTexts<BootstrapServerStatistics> = {
  bootstraps: ['sessions_finished', 'Bootstrap sessions that finished'],
  bootstrapFailures: ['sessions_failed', 'Bootstrap sessions that failed'],
  bootstrapPacks: ['packs', 'Configurations that were given as a whole'],
  refusals: ['refusals', 'Requests of devices that were refused'],
};

/** Registers the metrics of CoAP, DTLS and LwM2M, which are read from what `statistics` gives. None has the name of an endpoint. */
export function registerDeviceMetrics(registry: Registry, statistics: () => DeviceStatistics): void {
  const dtls = (): DeviceStatistics['dtls'] => statistics().dtls;
  const coap = (): Readonly<Record<string, CoapStatistics>> => ({ lwm2m: statistics().lwm2m.coap, bootstrap: statistics().bootstrap.coap }); // prettier-ignore
  countersOf(registry, 'flownexus_coap', coapTexts, coap);
  countersOf(registry, 'flownexus_dtls', dtlsTexts, dtls);
  countersOf(registry, 'flownexus_lwm2m', lwm2mTexts, () => ({ lwm2m: statistics().lwm2m }));
  countersOf(registry, 'flownexus_bootstrap', bootstrapTexts, () => ({ bootstrap: statistics().bootstrap }));
  sampledGauge(registry, {
    name: 'flownexus_dtls_associations',
    help: 'DTLS associations that are open',
    labels: ['server'],
    read: () => byServer(dtls(), ({ associations }) => associations),
  });
  sampledGauge(registry, {
    name: 'flownexus_dtls_handshakes',
    help: 'DTLS handshakes that are under way',
    labels: ['server'],
    read: () => byServer(dtls(), ({ handshakes }) => handshakes),
  });
  const gauges: readonly (readonly [string, string, (lwm2m: ServerStatistics) => number])[] = [
    ['registrations', 'Registrations at present', ({ registrations }) => registrations],
    ['registrations_asleep', 'Those of devices that can not be reached at present', ({ asleep }) => asleep],
    ['observations', 'Observations at present', ({ observations }) => observations],
    ['queued_operations', 'Operations of the durable queue that are not finished', ({ queued }) => queued],
    ['waiting_operations', 'Requests that wait for a device to wake up, or for their turn', ({ waiting }) => waiting],
  ];
  for (const [name, help, valueOf] of gauges) {
    sampledGauge(registry, {
      name: `flownexus_lwm2m_${name}`,
      help,
      read: () => [{ value: valueOf(statistics().lwm2m) }],
    });
  }
  sampledGauge(registry, {
    name: 'flownexus_bootstrap_sessions',
    help: 'Devices that are being bootstrapped',
    read: () => [{ value: statistics().bootstrap.sessions }],
  });
}
