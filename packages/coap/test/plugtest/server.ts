import type { Clock } from '@flownexus/datagram';
import {
  type CoapReply,
  Code,
  ContentFormat,
  filterLinks,
  formatLinks,
  type IncomingRequest,
  type Link,
  OptionNumber,
  type RequestHandler,
  type RequestService,
} from '../../src/index.ts';
import { Observable } from './observable.ts';

const encoder = new TextEncoder();
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
  readonly service: RequestService;
  /** Ends the timers of the resources. */
  stop(): void;
}

interface Resource {
  readonly attributes: Readonly<Record<string, string>>;
  readonly handlers: ReadonlyMap<number, RequestHandler>;
}

export function plugtestServer({ clock, periodMs, separateMs }: PlugtestServerOptions): PlugtestServer {
  const resources = new Map<string, Resource>();
  const observables: Observable[] = [];
  const add = (path: string, attributes: Readonly<Record<string, string>>, handlers: Handlers): void => {
    const byMethod = new Map(
      Object.entries(handlers).map(([name, handler]) => [Code[name as keyof Handlers], handler]),
    );
    resources.set(path, { attributes, handlers: byMethod });
  };

  add(
    'test',
    { title: 'Default test resource' },
    {
      GET: ({ confirmable }) => content(`a ${confirmable ? 'CON' : 'NON'} GET`),
      PUT: () => ({ code: Code.CHANGED }),
      POST: () => ({ code: Code.CREATED, locationPath: ['location1', 'location2', 'location3'] }),
      DELETE: () => ({ code: Code.DELETED }),
    },
  );
  add(
    'separate',
    { title: 'Resource which is not served at once' },
    {
      GET: () =>
        new Promise((resolve) => {
          clock.schedule(separateMs, () => resolve(content('separate')));
        }),
    },
  );
  add('seg1/seg2/seg3', { title: 'Long path' }, { GET: () => content('seg1/seg2/seg3') });
  add('query', { title: 'Resource that shows its query' }, { GET: ({ query }) => content(`?${query.join('&')}`) });
  add(
    'location-query',
    { title: 'Location-Query' },
    {
      POST: () => ({ code: Code.CREATED, locationQuery: ['first=1', 'second=2'] }),
    },
  );
  add(
    'multi-format',
    { title: 'Two formats', ct: '0 41' },
    {
      GET: ({ accept = TEXT }) => {
        if (accept === TEXT) return content('plain');
        if (accept === ContentFormat.XML) return content('<xml/>', ContentFormat.XML);
        return { code: Code.NOT_ACCEPTABLE };
      },
    },
  );
  add('validate', { title: 'Resource which varies' }, storage(content('first')));
  add('create1', { title: 'Resource which does not exist yet' }, storage(undefined));

  const large = Array.from({ length: 80 }, (_, index) => `block of sixteen ${String(index).padStart(2, '0')}\n`).join(
    '',
  );
  add('large', { title: 'Large resource', rt: 'block', sz: String(large.length) }, { GET: () => content(large) });
  add('large-update', { title: 'Large resource that can be updated', rt: 'block' }, storage(content(large)));
  let created = 0;
  add(
    'large-create',
    { title: 'Large resource that can be created', rt: 'block' },
    {
      POST: ({ payload, contentFormat }) => {
        created += 1;
        const name = String(created);
        const stored = { code: Code.CONTENT, contentFormat: contentFormat ?? TEXT, payload };
        add(`large-create/${name}`, {}, { GET: () => stored });
        return { code: Code.CREATED, locationPath: ['large-create', name] };
      },
    },
  );
  add(
    'large-post',
    { title: 'POST with blocks in both directions', rt: 'block' },
    {
      POST: ({ payload }) => ({ ...content(decoder.decode(payload).toUpperCase()), code: Code.CHANGED }),
    },
  );

  const observe = (path: string, confirmable: boolean, represent: (changes: number) => string): Observable => {
    const maxAge = Math.max(1, Math.ceil(periodMs / 1000));
    const observable = new Observable({
      clock,
      periodMs,
      confirmable,
      represent: (changes) => ({ ...content(represent(changes)), maxAge }),
    });
    observables.push(observable);
    add(
      path,
      { title: 'Resource which changes', rt: 'observe', obs: '' },
      {
        GET: (request) => observable.get(request),
        PUT: ({ payload, contentFormat = TEXT }) => observable.put({ code: Code.CONTENT, contentFormat, payload }),
        DELETE: () => observable.delete(),
      },
    );
    return observable;
  };
  observe('obs', true, (changes) => `change ${changes}`);
  observe('obs-non', false, (changes) => `change ${changes}`);
  observe('obs-large', true, (changes) => `change ${changes}\n${large}`);
  observe('obs-pumping', true, (changes) => `change ${changes}\n${changes % 2 === 0 ? large : ''}`);
  add(
    'obs-reset',
    { title: 'Forgets all observers' },
    {
      POST: () => {
        for (const observable of observables) observable.forgetObservers();
        return { code: Code.CHANGED };
      },
    },
  );

  add('link1', { rt: 'Type1 Type2', if: 'If1' }, { GET: () => content('/link1') });
  add('link2', { rt: 'Type2 Type3', if: 'If2' }, { GET: () => content('/link2') });
  add('link3', { rt: 'Type1 Type3', if: 'foo' }, { GET: () => content('/link3') });
  const subs = ['sub1', 'sub2', 'sub3'].map((name) => `path/${name}`);
  add(
    'path',
    { ct: String(ContentFormat.LINK_FORMAT) },
    {
      GET: () =>
        content(formatLinks(subs.map((path) => ({ target: `/${path}`, attributes: [] }))), ContentFormat.LINK_FORMAT),
    },
  );
  for (const path of subs) add(path, {}, { GET: () => content(`/${path}`) });
  add(
    '.well-known/core',
    { ct: String(ContentFormat.LINK_FORMAT) },
    {
      GET: ({ query }) => {
        const links: Link[] = [...resources].map(([path, { attributes }]) => ({
          target: `/${path}`,
          attributes: Object.entries(attributes).map(([name, value]) => (value === '' ? { name } : { name, value })),
        }));
        return content(formatLinks(filterLinks(links, query)), ContentFormat.LINK_FORMAT);
      },
    },
  );

  return {
    service: {
      understands: [OptionNumber.IF_MATCH, OptionNumber.IF_NONE_MATCH],
      handle: (request) => {
        const resource = resources.get(request.path.join('/'));
        if (resource === undefined) return { code: Code.NOT_FOUND };
        const handler = resource.handlers.get(request.method);
        return handler === undefined ? { code: Code.METHOD_NOT_ALLOWED } : handler(request);
      },
    },
    stop() {
      for (const observable of observables) observable.stop();
    },
  };
}

type Handlers = Partial<Record<'GET' | 'PUT' | 'POST' | 'DELETE', RequestHandler>>;

function content(payload: string, contentFormat: number = TEXT): CoapReply {
  return { code: Code.CONTENT, contentFormat, payload: encoder.encode(payload) };
}

/** A resource that has an ETag and can be put under conditions (RFC 7252 §5.10.8). */
function storage(initial: CoapReply | undefined): Handlers {
  let current = initial && { ...initial, etag: Uint8Array.of(0) };
  let version = 0;
  const fulfilled = ({ ifMatch, ifNoneMatch }: IncomingRequest): boolean => {
    if (ifNoneMatch && current !== undefined) return false;
    const etag = current?.etag;
    return (
      ifMatch.length === 0 || (etag !== undefined && ifMatch.some((each) => each.length === 0 || each[0] === etag[0]))
    );
  };
  return {
    GET: () => current ?? { code: Code.NOT_FOUND },
    PUT: (request) => {
      if (!fulfilled(request)) return { code: Code.PRECONDITION_FAILED };
      const code = current === undefined ? Code.CREATED : Code.CHANGED;
      version += 1;
      const { payload, contentFormat = TEXT } = request;
      current = { code: Code.CONTENT, contentFormat, payload, etag: Uint8Array.of(version) };
      return { code };
    },
    DELETE: () => {
      current = undefined;
      return { code: Code.DELETED };
    },
  };
}
