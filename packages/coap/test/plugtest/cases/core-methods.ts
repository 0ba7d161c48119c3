import { expect } from 'vitest';
import { Code, ContentFormat, OptionNumber, stringOptions, uintOption } from '../../../src/index.ts';
import {
  bytes,
  codeOf,
  exchangeOn,
  expectContent,
  expectFormatted,
  expectNonConfirmable,
  expectPiggybacked,
  text,
} from '../checks.ts';
import type { Environment, PlugtestCase } from '../environment.ts';

interface MethodTest {
  readonly method: number;
  readonly confirmable: boolean;
  readonly codes: readonly string[];
}

/** TD_COAP_CORE_01 to 08: one method on /test. */
async function onTest(environment: Environment, { method, confirmable, codes }: MethodTest): Promise<void> {
  const { client, wire, at, run, deviations } = environment;
  const hasPayload = method === Code.PUT || method === Code.POST;
  const content = hasPayload ? { payload: bytes('arbitrary'), contentFormat: ContentFormat.TEXT_PLAIN } : {};
  const reply = await run(client.request({ method, path: at('test'), confirmable, ...content }));
  const exchange = exchangeOn(wire);
  const { request, response } = exchange;
  expect(request.code).toBe(method);
  expect(stringOptions(request.options, OptionNumber.URI_PATH)).toEqual(at('test'));
  if (hasPayload) {
    expect(text(request.payload)).toBe('arbitrary');
    expect(uintOption(request.options, OptionNumber.CONTENT_FORMAT)).toBe(ContentFormat.TEXT_PLAIN);
  }
  if (confirmable) expectPiggybacked(exchange);
  else expectNonConfirmable(exchange, deviations);
  expect(codes).toContain(codeOf(response));
  expect(reply.code).toBe(response.code);
  expectFormatted(response, deviations);
  if (method === Code.GET) expectContent(reply, exchange, deviations);
}

const CHANGED_OR_CREATED = ['2.04', '2.01'];

const rows: readonly (readonly [id: string, title: string, test: MethodTest])[] = [
  ['01', 'GET, CON', { method: Code.GET, confirmable: true, codes: ['2.05'] }],
  ['02', 'DELETE, CON', { method: Code.DELETE, confirmable: true, codes: ['2.02'] }],
  ['03', 'PUT, CON', { method: Code.PUT, confirmable: true, codes: CHANGED_OR_CREATED }],
  ['04', 'POST, CON', { method: Code.POST, confirmable: true, codes: CHANGED_OR_CREATED }],
  ['05', 'GET, NON', { method: Code.GET, confirmable: false, codes: ['2.05'] }],
  ['06', 'DELETE, NON', { method: Code.DELETE, confirmable: false, codes: ['2.02'] }],
  ['07', 'PUT, NON', { method: Code.PUT, confirmable: false, codes: CHANGED_OR_CREATED }],
  ['08', 'POST, NON', { method: Code.POST, confirmable: false, codes: CHANGED_OR_CREATED }],
];

export const coreMethods: readonly PlugtestCase[] = rows.map(([number, title, test]) => ({
  id: `TD_COAP_CORE_${number}`,
  title,
  run: (environment) => onTest(environment, test),
}));
