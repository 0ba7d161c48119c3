import { expect } from 'vitest';
import { Code, ContentFormat, findOption, OptionNumber, stringOptions, uintOption } from '../../../src/index.ts';
import {
  bytes,
  codeOf,
  exchangeOn,
  exchangesOn,
  expectContent,
  expectFormatted,
  expectPiggybacked,
  text,
} from '../checks.ts';
import type { Environment, PlugtestCase } from '../environment.ts';
import type { PlugtestReply } from '../plugtest-client.ts';

const TEXT = ContentFormat.TEXT_PLAIN;

/** A GET of /validate that has an ETag in its response. */
async function getValidated(environment: Environment, etags: readonly Uint8Array[] = []): Promise<PlugtestReply> {
  const { client, wire, at, run } = environment;
  wire.clear();
  const reply = await run(client.request({ method: Code.GET, path: at('validate'), etags }));
  const { request, response } = exchangeOn(wire);
  expect(hex(request.options.filter(({ number }) => number === OptionNumber.ETAG).map(({ value }) => value))).toEqual(
    hex(etags),
  );
  expect(reply.code).toBe(response.code);
  expect(reply.etag).toEqual(findOption(response.options, OptionNumber.ETAG)?.value);
  expect(reply.etag).toBeDefined();
  return reply;
}

function hex(values: readonly Uint8Array[]): string[] {
  return values.map((value) => Buffer.from(value).toString('hex'));
}

async function putValidated(
  environment: Environment,
  payload: string,
  ifMatch: readonly Uint8Array[],
): Promise<string> {
  const { client, wire, at, run, deviations } = environment;
  wire.clear();
  const request = { method: Code.PUT, path: at('validate'), payload: bytes(payload), contentFormat: TEXT, ifMatch };
  const reply = await run(client.request(request));
  const exchange = exchangeOn(wire);
  const sent = exchange.request.options.filter(({ number }) => number === OptionNumber.IF_MATCH);
  expect(hex(sent.map(({ value }) => value))).toEqual(hex(ifMatch));
  expect(reply.code).toBe(exchange.response.code);
  expectFormatted(exchange.response, deviations);
  return codeOf(reply);
}

export const coreOptions: readonly PlugtestCase[] = [
  {
    id: 'TD_COAP_CORE_13',
    title: 'GET with several Uri-Path options',
    async run({ client, wire, at, run, deviations }) {
      const reply = await run(client.request({ method: Code.GET, path: at('seg1/seg2/seg3') }));
      const exchange = exchangeOn(wire);
      expect(stringOptions(exchange.request.options, OptionNumber.URI_PATH)).toEqual(['seg1', 'seg2', 'seg3']);
      expectPiggybacked(exchange);
      expectContent(reply, exchange, deviations);
    },
  },
  {
    id: 'TD_COAP_CORE_14',
    title: 'GET with several Uri-Query options',
    async run({ client, wire, at, run, deviations }) {
      const query = ['first=1', 'second=2', 'third=3'];
      const reply = await run(client.request({ method: Code.GET, path: at('query'), query }));
      const exchange = exchangeOn(wire);
      expect(stringOptions(exchange.request.options, OptionNumber.URI_QUERY)).toEqual(query);
      expectPiggybacked(exchange);
      expectContent(reply, exchange, deviations);
    },
  },
  {
    id: 'TD_COAP_CORE_18',
    title: 'POST, the response has several Location-Path options',
    async run({ client, wire, at, run }) {
      const content = { payload: bytes('arbitrary'), contentFormat: TEXT };
      const reply = await run(client.request({ method: Code.POST, path: at('test'), ...content }));
      const { response } = exchangeOn(wire);
      const location = ['location1', 'location2', 'location3'];
      expect(codeOf(response)).toBe('2.01');
      expect(stringOptions(response.options, OptionNumber.LOCATION_PATH)).toEqual(location);
      expect(codeOf(reply)).toBe('2.01');
      expect(reply.locationPath).toEqual(location);
    },
  },
  {
    id: 'TD_COAP_CORE_19',
    title: 'POST, the response has several Location-Query options',
    async run({ client, wire, at, run }) {
      const content = { payload: bytes('arbitrary'), contentFormat: TEXT };
      const reply = await run(client.request({ method: Code.POST, path: at('location-query'), ...content }));
      const exchange = exchangeOn(wire);
      const location = ['first=1', 'second=2'];
      expectPiggybacked(exchange);
      expect(codeOf(exchange.response)).toBe('2.01');
      expect(stringOptions(exchange.response.options, OptionNumber.LOCATION_QUERY)).toEqual(location);
      expect(codeOf(reply)).toBe('2.01');
      expect(reply.locationQuery).toEqual(location);
    },
  },
  {
    id: 'TD_COAP_CORE_20',
    title: 'GET with Accept',
    async run({ client, wire, at, run, deviations }) {
      const shown: string[] = [];
      for (const accept of [ContentFormat.TEXT_PLAIN, ContentFormat.XML]) {
        wire.clear();
        const reply = await run(client.request({ method: Code.GET, path: at('multi-format'), accept }));
        const exchange = exchangeOn(wire);
        expect(uintOption(exchange.request.options, OptionNumber.ACCEPT)).toBe(accept);
        expectPiggybacked(exchange);
        expectContent(reply, exchange, deviations);
        expect(uintOption(exchange.response.options, OptionNumber.CONTENT_FORMAT)).toBe(accept);
        expect(reply.contentFormat).toBe(accept);
        shown.push(text(reply.payload));
      }
      expect(shown[0]).not.toBe(shown[1]);
      // Beyond the description: what the server does not have (RFC 7252 §5.10.4).
      const refused = await run(
        client.request({ method: Code.GET, path: at('multi-format'), accept: ContentFormat.EXI }),
      );
      expect(codeOf(refused)).toBe('4.06');
    },
  },
  {
    id: 'TD_COAP_CORE_21',
    title: 'GET with ETag: validation',
    async run(environment) {
      const { operator, at, run } = environment;
      const first = await getValidated(environment);
      expect(codeOf(first)).toBe('2.05');
      expect(first.payload.length).toBeGreaterThan(0);
      const valid = await getValidated(environment, [first.etag!]);
      expect(codeOf(valid)).toBe('2.03');
      expect(valid.etag).toEqual(first.etag);
      expect(valid.payload).toHaveLength(0);
      const content = { payload: bytes(`changed after ${text(first.payload)}`), contentFormat: TEXT };
      await run(operator.request({ method: Code.PUT, path: at('validate'), ...content }));
      const second = await getValidated(environment, [first.etag!]);
      expect(codeOf(second)).toBe('2.05');
      expect(second.etag).not.toEqual(first.etag);
      expect(text(second.payload)).not.toBe(text(first.payload));
    },
  },
  {
    id: 'TD_COAP_CORE_22',
    title: 'PUT with If-Match',
    async run(environment) {
      const { operator, at, run } = environment;
      const first = await getValidated(environment);
      const mine = `mine after ${text(first.payload)}`;
      expect(await putValidated(environment, mine, [first.etag!])).toBe('2.04');
      const second = await getValidated(environment);
      expect(text(second.payload)).toBe(mine);
      expect(second.etag).not.toEqual(first.etag);
      const others = { payload: bytes(`other after ${mine}`), contentFormat: TEXT };
      const changed = await run(operator.request({ method: Code.PUT, path: at('validate'), ...others }));
      expect(codeOf(changed)).toBe('2.04');
      expect(await putValidated(environment, 'too late', [second.etag!])).toBe('4.12');
      expect(text((await getValidated(environment)).payload)).toBe(text(others.payload));
    },
  },
  {
    id: 'TD_COAP_CORE_23',
    title: 'PUT with If-None-Match',
    async run({ client, operator, wire, at, run, deviations }) {
      const path = at('create1');
      await run(operator.request({ method: Code.DELETE, path }));
      const request = { method: Code.PUT, path, contentFormat: TEXT, ifNoneMatch: true };
      const created = await run(client.request({ ...request, payload: bytes('created') }));
      const refused = await run(client.request({ ...request, payload: bytes('too late') }));
      const exchanges = exchangesOn(wire);
      for (const exchange of exchanges) {
        expect(findOption(exchange.request.options, OptionNumber.IF_NONE_MATCH)).toBeDefined();
        expectPiggybacked(exchange);
        expectFormatted(exchange.response, deviations);
      }
      expect(exchanges.map(({ response }) => codeOf(response))).toEqual(['2.01', '4.12']);
      expect([codeOf(created), codeOf(refused)]).toEqual(['2.01', '4.12']);
      expect(text((await run(operator.request({ method: Code.GET, path }))).payload)).toBe('created');
    },
  },
];
