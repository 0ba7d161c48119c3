import { expect } from 'vitest';
import {
  Code,
  ContentFormat,
  type Link,
  OptionNumber,
  parseLinks,
  stringOptions,
  uintOption,
} from '../../../src/index.ts';
import { codeOf, exchangesOn, text } from '../checks.ts';
import type { Environment, PlugtestCase } from '../environment.ts';
import type { PlugtestReply } from '../plugtest-client.ts';

/** The links of a resource: whole, whatever blocks they came in. */
async function linksAt(environment: Environment, path: readonly string[], ...query: string[]): Promise<Link[]> {
  const { client, wire, run } = environment;
  wire.clear();
  const reply: PlugtestReply = await run(client.request({ method: Code.GET, path, query }));
  for (const { request, response } of exchangesOn(wire)) {
    expect(stringOptions(request.options, OptionNumber.URI_PATH)).toEqual(path);
    expect(stringOptions(request.options, OptionNumber.URI_QUERY)).toEqual(query);
    expect(codeOf(response)).toBe('2.05');
    expect(uintOption(response.options, OptionNumber.CONTENT_FORMAT)).toBe(ContentFormat.LINK_FORMAT);
  }
  expect(codeOf(reply)).toBe('2.05');
  return parseLinks(reply.payload);
}

function discover(environment: Environment, ...query: string[]): Promise<Link[]> {
  return linksAt(environment, ['.well-known', 'core'], ...query);
}

/** The words of an attribute; undefined when the link has none of that name. */
function wordsOf({ attributes }: Link, name: string): string[] | undefined {
  const attribute = attributes.find((each) => each.name === name);
  return attribute && (attribute.value ?? '').split(' ');
}

const targets = (links: readonly Link[]): string[] => links.map(({ target }) => target).sort();

/** A filter gives those of all links that fulfil it, some but not all. */
async function expectFiltered(environment: Environment, query: string, fits: (link: Link) => boolean): Promise<void> {
  const all = await discover(environment);
  const wanted = all.filter(fits);
  expect(wanted.length).toBeGreaterThan(0);
  expect(wanted.length).toBeLessThan(all.length);
  expect(targets(await discover(environment, query))).toEqual(targets(wanted));
}

type Row = readonly [number: string, title: string, run: (environment: Environment) => Promise<void>];

const rows: readonly Row[] = [
  [
    '01',
    'discovery',
    async (environment) => {
      const { at } = environment;
      const expected = [at('test'), at('large'), at('obs')].map((path) => `/${path.join('/')}`);
      expect(targets(await discover(environment))).toEqual(expect.arrayContaining(expected));
    },
  ],
  [
    '02',
    'filter rt',
    async (environment) => {
      // A type that the server really has.
      const types = (await discover(environment)).flatMap((each) => wordsOf(each, 'rt') ?? []);
      const type = types.find((word) => word !== '');
      await expectFiltered(environment, `rt=${type}`, (each) => wordsOf(each, 'rt')?.includes(type!) === true);
    },
  ],
  [
    '03',
    'filter with an empty prefix',
    (env) => expectFiltered(env, 'rt=*', (link) => wordsOf(link, 'rt') !== undefined),
  ],
  [
    '04',
    'filter with several values of rt',
    async (environment) => {
      expect(targets(await discover(environment, 'rt=Type2'))).toEqual(['/link1', '/link2']);
      await expectFiltered(environment, 'rt=Type2', (link) => wordsOf(link, 'rt')?.includes('Type2') === true);
    },
  ],
  [
    '05',
    'filter if with a prefix',
    async (environment) => {
      expect(targets(await discover(environment, 'if=If*'))).toEqual(['/link1', '/link2']);
    },
  ],
  ['06', 'filter sz', (env) => expectFiltered(env, 'sz=*', (link) => wordsOf(link, 'sz') !== undefined)],
  [
    '07',
    'filter href',
    async (environment) => {
      const target = `/${environment.at('large').join('/')}`;
      expect(targets(await discover(environment, `href=${target}`))).toEqual([target]);
    },
  ],
  [
    '08',
    'filter href with a prefix',
    async (environment) => {
      expect(targets(await discover(environment, 'href=/link*'))).toEqual(['/link1', '/link2', '/link3']);
    },
  ],
  [
    '09',
    'links that lead to links',
    async (environment) => {
      const { client, run } = environment;
      const entry = (await discover(environment)).find(({ target }) => target === '/path');
      expect(entry && wordsOf(entry, 'ct')).toContain('40');
      const below = targets(await linksAt(environment, ['path']));
      expect(below).toEqual(['/path/sub1', '/path/sub2', '/path/sub3']);
      const reply = await run(client.request({ method: Code.GET, path: ['path', 'sub1'] }));
      expect(codeOf(reply)).toBe('2.05');
      expect(text(reply.payload)).toBe('/path/sub1');
    },
  ],
];

export const link: readonly PlugtestCase[] = rows.map(([number, title, run]) => ({
  id: `TD_COAP_LINK_${number}`,
  title,
  run,
}));
