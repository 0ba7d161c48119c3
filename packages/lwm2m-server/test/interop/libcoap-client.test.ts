import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { ObjectRegistry } from '@flownexus/lwm2m-core';
import { coap, Lwm2mServer, type Refusal } from '../../src/index.ts';

const PROGRAM = 'coap-client-notls';
const missing =
  spawnSync(PROGRAM, ['-h'], { stdio: 'ignore' }).error === undefined
    ? undefined
    : `${PROGRAM} of libcoap3-bin is not installed`;
const suffix = missing === undefined ? '' : ` (skipped: ${missing})`;

const LINK_FORMAT = ['-t', '40'];
const OBJECT_LIST = '</>;rt="oma.lwm2m";ct=112,</1/0>,</3/0>,</3303/0>';

/** What libcoap says that it received. */
interface Answer {
  /** Its own UDP port. */
  readonly port: number;
  readonly code: string;
  readonly locationPath: string;
  readonly payload: string;
}

describe.skipIf(missing !== undefined)(`the registration interface and libcoap's client${suffix}`, () => {
  let server: Lwm2mServer;
  let events: string[];
  let refusals: Refusal[];

  beforeEach(async () => {
    server = new Lwm2mServer({
      endpoints: [coap({ host: '127.0.0.1', port: 0 })],
      objects: new ObjectRegistry(),
    });
    events = [];
    refusals = [];
    server.on('registered', ({ endpointName, lifetime }) => {
      events.push(`registered ${endpointName} ${String(lifetime)}`);
    });
    server.on('updated', ({ endpointName, lifetime }) => {
      events.push(`updated ${endpointName} ${String(lifetime)}`);
    });
    server.on('deregistered', ({ endpointName }, reason) => {
      events.push(`${reason} ${endpointName}`);
    });
    server.on('refused', (refusal) => {
      refusals.push(refusal);
    });
    await server.start();
  });

  afterEach(async () => {
    await server.stop();
  });

  /** Makes one request and gives its final response. */
  async function request(method: string, target: string, payload?: string, options = LINK_FORMAT): Promise<Answer> {
    const url = `coap://127.0.0.1:${String(server.addresses[0]?.port)}${target}`;
    const body = payload === undefined ? [] : ['-e', payload, ...options];
    // -v 7 shows each message, -B gives up after that many seconds.
    const child = spawn(PROGRAM, ['-v', '7', '-B', '10', '-m', method, ...body, url], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const chunks: Buffer[] = [];
    child.stdout.on('data', (chunk: Buffer) => chunks.push(chunk));
    child.stderr.on('data', (chunk: Buffer) => chunks.push(chunk));
    await once(child, 'close');
    const said = Buffer.concat(chunks).toString();
    // v:1 t:ACK c:2.01 i:a1e9 {01} [ Location-Path:rd, Location-Path:CaDzepjf2-4kvi1v ] :: 'payload'
    const response = [...said.matchAll(/ c:([245]\.\d\d) [^[\n]*\[ (.*?) ?\](?: :: '(.*)')?$/gm)].at(-1);
    if (response === undefined) throw new Error(`libcoap shows no response: ${said}`);
    const [, port] = / 127\.0\.0\.1:(\d+) <-> /.exec(said.replaceAll('*', ' ')) ?? [];
    const [, code = '', optionList = '', diagnostic = ''] = response;
    const segments = [...optionList.matchAll(/Location-Path:([^, ]+)/g)].map(([, segment]) => `/${segment ?? ''}`);
    return { port: Number(port), code, locationPath: segments.join(''), payload: diagnostic };
  }

  test('Register, Update and De-register', async () => {
    const created = await request('post', '/rd?ep=libcoap&lt=300&lwm2m=1.1&b=U', OBJECT_LIST);
    expect(created).toMatchObject({ code: '2.01', payload: '' });
    expect(created.locationPath).toMatch(/^\/rd\/[^/]+$/);
    const registered = server.registration('libcoap');
    expect(registered).toMatchObject({ lifetime: 300, lwm2mVersion: '1.1', bindingMode: 'U', queueMode: false });
    expect(registered?.address).toEqual({ host: '127.0.0.1', port: created.port });
    expect(registered?.links.map(({ path }) => path)).toEqual(['/1/0', '/3/0', '/3303/0']);
    expect(`/rd/${registered?.registrationId ?? ''}`).toBe(created.locationPath);

    // Each run of the program is another socket: the device has moved.
    const changed = await request('post', `${created.locationPath}?lt=600`);
    expect(changed).toMatchObject({ code: '2.04', locationPath: '' });
    expect(server.registration('libcoap')).toMatchObject({
      lifetime: 600,
      links: registered?.links,
      address: { host: '127.0.0.1', port: changed.port },
    });

    expect(await request('post', created.locationPath, '</3/0>')).toMatchObject({ code: '2.04' });
    expect(server.registration('libcoap')?.links.map(({ path }) => path)).toEqual(['/3/0']);

    expect(await request('delete', created.locationPath)).toMatchObject({ code: '2.02' });
    expect(server.registration('libcoap')).toBeUndefined();
    expect(await request('post', created.locationPath)).toMatchObject({ code: '4.04' });
    expect(await request('delete', created.locationPath)).toMatchObject({ code: '4.04' });
    expect(events).toEqual([
      'registered libcoap 300',
      'updated libcoap 600',
      'updated libcoap 600',
      'deregistered libcoap',
    ]);
  });

  test('a Register in a Non-confirmable message', async () => {
    const answer = await request('post', '/rd?ep=libcoap&lt=300&lwm2m=1.1', '</3/0>', [...LINK_FORMAT, '-N']);
    expect(answer.code).toBe('2.01');
    expect(server.registration('libcoap')?.instances.get(3)).toEqual([0]);
  });

  test('a Register whose object list comes in blocks', async () => {
    const paths = Array.from({ length: 150 }, (_, instance) => `/3303/${String(instance)}`);
    const list = paths.map((path) => `<${path}>`).join(',');
    const answer = await request('post', '/rd?ep=libcoap&lt=300&lwm2m=1.1', list, [...LINK_FORMAT, '-b', '64']);
    expect(answer.code).toBe('2.01');
    expect(server.registration('libcoap')?.links.map(({ path }) => path)).toEqual(paths);
  });

  test('a second Register replaces the first', async () => {
    const first = await request('post', '/rd?ep=libcoap&lt=300&lwm2m=1.1', OBJECT_LIST);
    const second = await request('post', '/rd?ep=libcoap&lt=400&lwm2m=1.1', OBJECT_LIST);
    expect(second.locationPath).not.toBe(first.locationPath);
    expect(await request('post', first.locationPath)).toMatchObject({ code: '4.04' });
    expect(await request('post', second.locationPath)).toMatchObject({ code: '2.04' });
    expect(events).toEqual([
      'registered libcoap 300',
      'replaced libcoap',
      'registered libcoap 400',
      'updated libcoap 400',
    ]);
  });

  test.each([
    ['no endpoint name', '/rd?lt=300&lwm2m=1.1', OBJECT_LIST, LINK_FORMAT, '4.00'],
    ['no lifetime', '/rd?ep=libcoap&lwm2m=1.1', OBJECT_LIST, LINK_FORMAT, '4.00'],
    ['a lifetime that is no number', '/rd?ep=libcoap&lt=soon&lwm2m=1.1', OBJECT_LIST, LINK_FORMAT, '4.00'],
    ['an LwM2M version of another major', '/rd?ep=libcoap&lt=300&lwm2m=2.0', OBJECT_LIST, LINK_FORMAT, '4.12'],
    ['another Content-Format', '/rd?ep=libcoap&lt=300&lwm2m=1.1', OBJECT_LIST, ['-t', '0'], '4.15'],
    ['an object list that is none', '/rd?ep=libcoap&lt=300&lwm2m=1.1', '</3/0>,', LINK_FORMAT, '4.00'],
    ['no object list', '/rd?ep=libcoap&lt=300&lwm2m=1.1', undefined, LINK_FORMAT, '4.00'],
  ])('a Register with %s is refused', async (_, target, payload, options, code) => {
    const answer = await request('post', target, payload, options);
    expect(answer).toMatchObject({ code, locationPath: '' });
    expect(refusals).toMatchObject([{ operation: 'register', code, reason: answer.payload }]);
    expect(answer.payload).not.toBe('');
    expect([...server.registrations()]).toEqual([]);
  });

  test.each([
    ['an Update of an unknown registration', 'post', '/rd/unknown?lt=300', '4.04'],
    ['a De-register of an unknown registration', 'delete', '/rd/unknown', '4.04'],
    ['a GET of /rd', 'get', '/rd', '4.05'],
    ['a PUT of a registration', 'put', '/rd/unknown', '4.05'],
    ['a path below a registration', 'post', '/rd/unknown/3', '4.04'],
    ['a path of another interface', 'post', '/unknown', '4.04'],
  ])('%s is refused', async (_, method, target, code) => {
    expect(await request(method, target)).toMatchObject({ code, locationPath: '' });
    expect(events).toEqual([]);
  });
});
