import type { CoapNotification, CoapResponse } from '@flownexus/coap';
import type { Notification } from '../api/observation.ts';
import { decodeContent } from '../downlink/answer.ts';
import { namingOfAll } from '../downlink/names.ts';
import { ReportedError } from '../events.ts';
import { andThen, guarded, type MaybePromise } from '../maybe-promise.ts';
import type { RegisteredEndpoint } from '../registration/registered-endpoint.ts';
import { filterValues } from '../reporting/filter-values.ts';
import type { ObservationContext } from './observation-context.ts';
import type { ObservationTarget } from './observation-target.ts';

/** The observation that notifications are of. */
export interface NotificationSource {
  readonly target: ObservationTarget;
  readonly endpoint: RegisteredEndpoint;
  readonly context: ObservationContext;
  /** A value is safe: for the callers of the observation, before the listeners of the server. */
  deliver(notification: Notification): void;
}

/** What became of the first answer while it was being delivered to us. */
export type FirstOutcome = { readonly notification: Notification } | { readonly error: unknown };

/**
 * Takes the answer that establishes an observation: decoded, filtered, given to the handler, published. `accept` is the format of one that does not say
 * its own. `tell` is called at once with what became of it. Resolves when its values are safe; throws or rejects when they are not.
 */
export function takeFirst(
  source: NotificationSource,
  response: CoapResponse,
  accept: number | undefined,
  tell: (outcome: FirstOutcome) => void,
): MaybePromise<void> {
  let decoded: Notification | undefined;
  let filtered: Notification | undefined;
  try {
    decoded = decode(source, response, accept, { initial: true, fresh: true });
    filtered = filter(source, decoded, response);
  } catch (error) {
    tell({ error });
    if (decoded !== undefined) throw reported(source, error, 'filterValues');
    undecodable(source, error);
    return;
  }
  // Whoever waits for the first answer learns that there is one, also when no value of it is left.
  tell({ notification: filtered ?? { ...decoded, records: [], node: { kind: 'root', objects: [] } } });
  if (filtered === undefined) return;
  const notification = filtered;
  return handle(source, notification, (error) => {
    const failure = reported(source, error, 'onNotify');
    // Nobody may send it again, so whoever listens gets it all the same.
    publish(source, notification);
    throw failure;
  });
}

/** Takes any later one. Resolves when its values are safe; throws or rejects when they are not, so that it is not acknowledged. */
export function takeNext(
  source: NotificationSource,
  response: CoapNotification,
  accept: number | undefined,
): MaybePromise<void> {
  let decoded: Notification | undefined;
  let filtered: Notification | undefined;
  try {
    decoded = decode(source, response, accept, { initial: false, fresh: response.fresh });
    filtered = filter(source, decoded, response);
  } catch (error) {
    if (decoded !== undefined) throw reported(source, error, 'filterValues');
    // It would not decode the next time either, so it is acknowledged: the device goes on with the next value.
    undecodable(source, error);
    return;
  }
  if (filtered === undefined) return; // nothing is left for anybody
  return handle(source, filtered, (error) => {
    throw reported(source, error, 'onNotify');
  });
}

/** @throws Lwm2mServerError `…_PAYLOAD` */
function decode(
  { target: { path, paths, composite }, endpoint, context }: NotificationSource,
  response: CoapResponse,
  accept: number | undefined,
  kind: Pick<Notification, 'initial' | 'fresh'>,
): Notification {
  const { registration } = endpoint;
  const naming = namingOfAll(endpoint, paths);
  const { contentFormat, node, records } = decodeContent(response, accept, path, naming, context);
  const { initial, fresh } = kind;
  const receivedAt = context.clock.wallTime();
  return { registration, path, paths, composite, contentFormat, node, records, initial, fresh, receivedAt };
}

/** Undefined when nothing is left. @throws what the rule throws */
function filter(
  { target: { path, paths }, endpoint, context }: NotificationSource,
  notification: Notification,
  { payload }: CoapResponse,
): Notification | undefined {
  const { rules, objects } = context;
  if (rules.filterValues === undefined) return notification;
  return filterValues(rules, {
    registration: notification.registration,
    source: 'notification',
    content: notification,
    path,
    definitions: objects.forVersions(namingOfAll(endpoint, paths).objectVersions),
    payloadLength: payload.length,
  });
}

/** Gives a notification to the handler and publishes it then. */
function handle(
  source: NotificationSource,
  notification: Notification,
  failed: (error: unknown) => never,
): MaybePromise<void> {
  const work = guarded(() => source.context.onNotify(notification), failed);
  return andThen(work instanceof Promise ? source.context.track(work) : work, () => publish(source, notification));
}

function publish(source: NotificationSource, notification: Notification): void {
  source.deliver(notification);
  source.context.published(notification);
}

function undecodable({ context, endpoint, target }: NotificationSource, error: unknown): void {
  context.undecodable(endpoint.registration, target.name, error);
}

function reported({ context, endpoint, target }: NotificationSource, error: unknown, what: string): ReportedError {
  context.reportError(error, `${what} failed for ${endpoint.endpointName} ${target.name}`);
  return new ReportedError(error);
}
