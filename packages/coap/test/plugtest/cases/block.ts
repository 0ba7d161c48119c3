import { expect } from 'vitest';
import { blockOption, blockSize, Code, ContentFormat, OptionNumber, uintOption } from '../../../src/index.ts';
import { blockText, codeOf, exchangesOn, expectFormatted, text, type WireExchange } from '../checks.ts';
import type { Environment, PlugtestCase } from '../environment.ts';
import type { PlugtestReply } from '../plugtest-client.ts';

const TEXT = ContentFormat.TEXT_PLAIN;

/** Lines that differ from each other. */
export function lines(length: number): Uint8Array {
  const all = Array.from({ length: Math.ceil(length / 16) }, (_, index) => `line ${String(index).padStart(10, '0')}\n`);
  return Buffer.from(all.join('').slice(0, length));
}

/** Block2 from the first exchange to the last (RFC 7959 §2.4): in order, without gaps, and shown whole. */
function expectDownload(
  { deviations }: Environment,
  exchanges: readonly WireExchange[],
  reply: PlugtestReply,
  code: string,
): void {
  expect(exchanges.length).toBeGreaterThan(1);
  const parts: Uint8Array[] = [];
  let offset = 0;
  exchanges.forEach(({ request, response }, index) => {
    const last = index === exchanges.length - 1;
    const asked = blockOption(request.options, OptionNumber.BLOCK2);
    const answered = blockOption(response.options, OptionNumber.BLOCK2)!;
    expect(codeOf(response)).toBe(code);
    expect(answered, `Block2 of response ${index}`).toBeDefined();
    expect(answered.num * blockSize(answered.szx)).toBe(offset);
    expect(answered.more).toBe(!last);
    if (asked !== undefined) {
      if (!deviations.includes('asks-with-more')) expect(asked.more).toBe(false);
      expect(asked.num * blockSize(asked.szx)).toBe(offset);
      expect(answered.szx).toBeLessThanOrEqual(asked.szx);
    } else expect(index).toBe(0);
    if (last) expect(response.payload.length).toBeLessThanOrEqual(blockSize(answered.szx));
    else expect(response.payload.length).toBe(blockSize(answered.szx));
    expectFormatted(response, deviations);
    parts.push(response.payload);
    offset += response.payload.length;
  });
  expect(codeOf(reply)).toBe(code);
  expect(text(reply.payload)).toBe(text(Buffer.concat(parts)));
}

interface Upload {
  readonly payload: Uint8Array;
  readonly blockSize: number;
  /** The code of the last response. */
  readonly codes: readonly string[];
}

/** Block1 from the first exchange to the last (RFC 7959 §2.5). */
function expectUpload(
  { deviations }: Environment,
  exchanges: readonly WireExchange[],
  { payload, blockSize: size, codes }: Upload,
): void {
  expect(exchanges.length).toBeGreaterThan(1);
  expect(blockText(exchanges[0]!.request, OptionNumber.BLOCK1)).toBe(`0/1/${size}`);
  let offset = 0;
  exchanges.forEach(({ request, response }, index) => {
    const last = index === exchanges.length - 1;
    const sent = blockOption(request.options, OptionNumber.BLOCK1)!;
    const answered = blockOption(response.options, OptionNumber.BLOCK1)!;
    expect(sent.num * blockSize(sent.szx)).toBe(offset);
    expect(sent.more).toBe(!last);
    if (!last) expect(request.payload.length).toBe(blockSize(sent.szx));
    if (last) expect(codes).toContain(codeOf(response));
    else expect(codeOf(response)).toBe('2.31');
    if (!last || !deviations.includes('omits-last-block1')) {
      expect(answered, `Block1 of response ${index}`).toBeDefined();
      expect(answered.num).toBe(sent.num);
      expect(answered.szx).toBeLessThanOrEqual(sent.szx);
      expect(answered.more).toBe(!last);
    }
    expect(text(request.payload)).toBe(text(payload.subarray(offset, offset + request.payload.length)));
    offset += request.payload.length;
  });
  expect(offset).toBe(payload.length);
}

function isUploadStep({ request }: WireExchange): boolean {
  return blockOption(request.options, OptionNumber.BLOCK1) !== undefined;
}

async function earlyNegotiation(environment: Environment, size: number): Promise<void> {
  const { client, wire, at, run } = environment;
  const reply = await run(client.request({ method: Code.GET, path: at('large'), blockSize: size }));
  const exchanges = exchangesOn(wire);
  expect(blockText(exchanges[0]!.request, OptionNumber.BLOCK2)).toBe(`0/0/${size}`);
  expectDownload(environment, exchanges, reply, '2.05');
}

/** The resource has what was uploaded. Asked by somebody else. */
async function expectStored(
  { operator, run }: Environment,
  path: readonly string[],
  payload: Uint8Array,
): Promise<void> {
  const stored = await run(operator.request({ method: Code.GET, path }));
  expect(codeOf(stored)).toBe('2.05');
  expect(text(stored.payload)).toBe(text(payload));
}

export const block: readonly PlugtestCase[] = [
  {
    id: 'TD_COAP_BLOCK_01',
    title: 'GET of a large resource, early negotiation',
    run: (environment) => earlyNegotiation(environment, 256),
  },
  {
    id: 'TD_COAP_BLOCK_02',
    title: 'GET of a large resource, late negotiation',
    async run(environment) {
      const { client, wire, at, run } = environment;
      const reply = await run(client.request({ method: Code.GET, path: at('large') }));
      const exchanges = exchangesOn(wire);
      expect(blockText(exchanges[0]!.request, OptionNumber.BLOCK2)).toBeUndefined();
      expectDownload(environment, exchanges, reply, '2.05');
    },
  },
  {
    id: 'TD_COAP_BLOCK_03',
    title: 'PUT of a large resource',
    async run(environment) {
      const { client, wire, at, run, deviations } = environment;
      // Our servers want 512 bytes from the second block on.
      const largest = deviations.includes('renumbers-from-block-1') ? [] : [1024];
      for (const size of [16, 64, 256, 512, ...largest]) {
        wire.clear();
        const payload = lines(size * 3 + 5);
        const path = at('large-update');
        const reply = await run(
          client.request({ method: Code.PUT, path, payload, contentFormat: TEXT, blockSize: size }),
        );
        const codes = ['2.04', '2.01'];
        expectUpload(environment, exchangesOn(wire), { payload, blockSize: size, codes });
        expect(codes).toContain(codeOf(reply));
        await expectStored(environment, path, payload);
      }
    },
  },
  {
    id: 'TD_COAP_BLOCK_04',
    title: 'POST creates a large resource',
    async run(environment) {
      const { client, wire, at, run } = environment;
      const path = at('large-create');
      const payload = lines(1300);
      const request = { method: Code.POST, path, payload, contentFormat: TEXT, blockSize: 256 };
      const reply = await run(client.request(request));
      expectUpload(environment, exchangesOn(wire), { payload, blockSize: 256, codes: ['2.01'] });
      expect(codeOf(reply)).toBe('2.01');
      expect(reply.locationPath).toHaveLength(2);
      expect(reply.locationPath[0]).toBe('large-create');
      await expectStored(environment, reply.locationPath, payload);
    },
  },
  {
    id: 'TD_COAP_BLOCK_05',
    title: 'POST with blocks in both directions',
    async run(environment) {
      const { client, wire, at, run } = environment;
      const payload = lines(1300);
      const request = { method: Code.POST, path: at('large-post'), payload, contentFormat: TEXT, blockSize: 256 };
      const reply = await run(client.request(request));
      const exchanges = exchangesOn(wire);
      const uploads = exchanges.filter(isUploadStep);
      expectUpload(environment, uploads, { payload, blockSize: 256, codes: ['2.04'] });
      expectDownload(environment, exchanges.slice(uploads.length - 1), reply, '2.04');
      for (const further of exchanges.slice(uploads.length)) {
        expect(further.request.code).toBe(Code.POST);
        expect(further.request.payload).toHaveLength(0);
        expect(uintOption(further.request.options, OptionNumber.CONTENT_FORMAT)).toBe(TEXT);
      }
      expect(text(reply.payload)).toBe(text(payload).toUpperCase());
    },
  },
  {
    id: 'TD_COAP_BLOCK_06',
    title: 'GET of a large resource, early negotiation, 16 bytes',
    run: (environment) => earlyNegotiation(environment, 16),
  },
];
