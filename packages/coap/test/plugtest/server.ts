import type { Clock, Timer } from '@flownexus/datagram';
import {
  type AttributeValues,
  type CoapReply,
  Code,
  ContentFormat,
  formatLinks,
  type IncomingRequest,
  replies,
  type ResourceDefinition,
  Router,
} from '../../src/index.ts';

const decoder = new TextDecoder();
const TEXT = ContentFormat.TEXT_PLAIN;

export interface PlugtestServerOptions {
  readonly clock: Clock;
  /** How often the observable resources change. */
  readonly periodMs: number;
  /** How long /separate takes. */
  readonly separateMs: number;
}

/** The resources of the plugtests, at our server. */
export interface PlugtestServer {
  readonly service: Router;
  /** Ends the timers of the resources. */
  stop(): void;
}

export function plugtestServer({ clock, periodMs, separateMs }: PlugtestServerOptions): PlugtestServer {
  const router = new Router({ clock });
  router
    .resource('/test', {
      attributes: { title: 'Default test resource' },
      get: ({ confirmable }) => text(`a ${confirmable ? 'CON' : 'NON'} GET`),
      put: () => replies.changed(),
      post: () => replies.created('/location1/location2/location3'),
      delete: () => replies.deleted(),
    })
    .get('/separate', () => {
      const { promise, resolve } = Promise.withResolvers<CoapReply>();
      clock.schedule(separateMs, () => resolve(text('separate')));
      return promise;
    })
    .get('/seg1/seg2/seg3', () => text('seg1/seg2/seg3'))
    .get('/query', ({ query }) => text(`?${query.join('&')}`))
    .post('/location-query', () => ({ ...replies.created(), locationQuery: ['first=1', 'second=2'] }))
    .resource('/multi-format', {
      attributes: { ct: [TEXT, ContentFormat.XML] },
      get: ({ accept = TEXT }) => {
        if (accept === TEXT) return text('plain');
        if (accept === ContentFormat.XML) return replies.content('<xml/>', ContentFormat.XML);
        return replies.error(Code.NOT_ACCEPTABLE);
      },
    })
    .resource('/validate', storage(text('first'), { title: 'Resource which varies' }))
    .resource('/create1', storage(undefined, { title: 'Resource which does not exist yet' }))
    .resource('/large', { attributes: { rt: 'block', sz: LARGE.length }, get: () => text(LARGE) })
    .resource('/large-update', storage(text(LARGE), { rt: 'block' }));
  addLargePosts(router);
  addLinks(router);
  const timers = [
    addObserved(router, clock, { path: '/obs', periodMs, confirmable: true, represent: short }),
    addObserved(router, clock, { path: '/obs-non', periodMs, confirmable: false, represent: short }),
    addObserved(router, clock, { path: '/obs-large', periodMs, confirmable: true, represent: long }),
    addObserved(router, clock, { path: '/obs-pumping', periodMs, confirmable: true, represent: shortOrLong }),
  ];
  return {
    service: router,
    stop() {
      for (const timer of timers) timer.cancel();
    },
  };
}

const LARGE = Array.from({ length: 80 }, (_, index) => `block of sixteen ${String(index).padStart(2, '0')}\n`).join('');

const short = (changes: number): string => `change ${changes}\n`;
const long = (changes: number): string => `${short(changes)}${LARGE}`;
const shortOrLong = (changes: number): string => (changes % 2 === 0 ? long(changes) : short(changes));

function text(payload: string): CoapReply {
  return replies.content(payload, TEXT);
}

/** What was put, as it is got. */
function contentOf({ payload, contentFormat = TEXT }: IncomingRequest): CoapReply {
  return replies.content(payload, contentFormat);
}

/** A resource that has an ETag, so that the router performs requests under conditions. */
function storage(initial: CoapReply | undefined, attributes: AttributeValues): ResourceDefinition {
  let current = initial;
  let version = 0;
  return {
    attributes,
    etag: () => (current === undefined ? undefined : Uint8Array.of(version)),
    get: () => current ?? replies.notFound(),
    put: (request) => {
      const reply = current === undefined ? replies.created() : replies.changed();
      current = contentOf(request);
      version += 1;
      return reply;
    },
    delete: () => {
      current = undefined;
      return replies.deleted();
    },
  };
}

function addLargePosts(router: Router): void {
  const created: CoapReply[] = [];
  router
    .post('/large-create', (request) => {
      created.push(contentOf(request));
      return replies.created(['large-create', String(created.length)]);
    })
    .get('/large-create/:number', ({ params }) => created[Number(params.number) - 1] ?? replies.notFound())
    .post('/large-post', ({ payload }) => ({
      ...text(decoder.decode(payload).toUpperCase()),
      code: Code.CHANGED,
    }));
}

function addLinks(router: Router): void {
  const subs = ['/path/sub1', '/path/sub2', '/path/sub3'];
  const links = formatLinks(subs.map((target) => ({ target, attributes: [] })));
  router
    .resource('/link1', { attributes: { rt: ['Type1', 'Type2'], if: 'If1' }, get: () => text('/link1') })
    .resource('/link2', { attributes: { rt: ['Type2', 'Type3'], if: 'If2' }, get: () => text('/link2') })
    .resource('/link3', { attributes: { rt: ['Type1', 'Type3'], if: 'foo' }, get: () => text('/link3') })
    .resource('/path', {
      attributes: { ct: ContentFormat.LINK_FORMAT },
      get: () => replies.content(links, ContentFormat.LINK_FORMAT),
    });
  for (const path of subs) router.get(path, () => text(path));
}

interface Observed {
  readonly path: string;
  readonly periodMs: number;
  readonly confirmable: boolean;
  /** The representation after so many changes. */
  readonly represent: (changes: number) => string;
}

/** A resource that changes by itself, and when somebody puts something into it. Returns what stops it. */
function addObserved(router: Router, clock: Clock, { path, periodMs, confirmable, represent }: Observed): Timer {
  const maxAge = Math.max(1, Math.ceil(periodMs / 1000));
  let changes = 0;
  let current: CoapReply = { ...text(represent(0)), maxAge };
  const change = (): void => {
    changes += 1;
    current = { ...text(represent(changes)), maxAge };
    router.notify(path);
    timer = clock.schedule(periodMs, change);
  };
  let timer = clock.schedule(periodMs, change);
  router.resource(path, {
    attributes: { rt: 'observe' },
    observable: { confirmable, minIntervalMs: 0 },
    get: () => current,
    put: (request) => {
      const before = current.contentFormat;
      current = contentOf(request);
      // RFC 7641 §4.2: notifications have the Content-Format of the first response.
      if (current.contentFormat === before) router.notify(path);
      else router.endObservations(path, replies.error(Code.NOT_ACCEPTABLE));
      return replies.changed();
    },
    delete: () => replies.deleted(),
  });
  return { cancel: () => timer.cancel() };
}
