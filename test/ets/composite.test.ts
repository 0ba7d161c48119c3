import { expect, test } from 'vitest';
import { changes, list, PORTFOLIO, Testbed, valuesOf } from './testbed.ts';

async function readComposite(bed: Testbed, ...paths: readonly string[]): Promise<Record<string, unknown>> {
  return valuesOf(await bed.run(bed.device.readComposite(paths)));
}

const READ = 'FETCH / accept=112 cf=112 → 2.05 cf=112';

test('1.1-int-229 Read-Composite Operation (voided in 1.2.1)', async () => {
  const bed = await Testbed.registered();
  const all = await readComposite(bed, '/3', '/1/0');
  expect(all).toMatchObject({ '/1/0/1': 86_400, '/1/0/7': 'U', '/3/0/0': 'FlowNexus', '/3/0/11/0': 0 });
  expect(await readComposite(bed, '/1/0/1', '/3/0/11/0')).toEqual({ '/1/0/1': 86_400, '/3/0/11/0': 0 });
  expect(bed.exchanges()).toEqual([READ, READ]);
});

test('1.1-int-230 Write-Composite Operation', async () => {
  const bed = await Testbed.registered({ contents: PORTFOLIO });
  const values = {
    '/1/0/1': 61,
    '/1/0/6': true,
    '/16/0/0/0': 'aa',
    '/16/0/0/1': 'bb',
    '/16/0/0/2': 'cc',
    '/16/0/0/3': 'dd',
  };
  await bed.run(bed.device.writeComposite(changes(values)));
  await bed.clock.settle();
  expect(bed.exchanges()).toEqual([
    'iPATCH / accept=112 cf=112 → 2.04',
    `POST /rd/${bed.device.registration?.registrationId}?lt=61 → 2.04`,
  ]);
  expect([bed.events, bed.device.registration?.lifetime]).toEqual([['updated'], 61]);
  expect(await readComposite(bed, '/1/0/1', '/1/0/6', '/16/0/0')).toEqual(values);
});

test('1.1-int-235 Read-Composite Operation on root path', async () => {
  const bed = await Testbed.registered({ contents: { '/21/0/0': new Uint8Array(4), '/21/0/1': '1' } });
  const values = await readComposite(bed, '/');
  expect(bed.exchanges()).toEqual([READ]);
  expect(values).toMatchObject({ '/1/0/0': 1, '/3/0/0': 'FlowNexus', '/3/0/16': 'U' });
  expect(new Set(Object.keys(values).map((path) => path.split('/')[1]))).toEqual(new Set(['1', '3']));
});

test('1.1-int-236 Read-Composite - Partial Presence', async () => {
  const bed = await Testbed.registered();
  expect(await readComposite(bed, '/3/0/16', '/3/0/11/7', '/1/9/1', '/3303/0/5700', '/1/0/0')).toEqual({
    '/3/0/16': 'U',
    '/1/0/0': 1,
  });
  expect(bed.exchanges()).toEqual([READ]);
});

test('1.1-int-257 Write-Composite Operation (Server + Device)', async () => {
  const bed = await Testbed.registered({ contents: { '/1/0/2': 1 } });
  const values = { '/1/0/2': 101, '/1/0/6': true, '/3/0/13': 0 };
  await bed.run(bed.device.writeComposite(changes(values)));
  expect(bed.exchanges()).toEqual(['iPATCH / accept=112 cf=112 → 2.04']);
  expect(await readComposite(bed, ...Object.keys(values))).toEqual(values);
  // The bytes that the text prints.
  const payload = Buffer.from('83a321612f0065312f302f32021865a20065312f302f3604f5a20066332f302f31330200', 'hex');
  bed.tree.set('/1/0/2', 1);
  const raw = await bed.run(
    bed.device.request({ method: 'iPATCH', path: [], contentFormat: 112, payload: Uint8Array.from(payload) }),
  );
  expect([raw.responseCode, bed.tree.content('/1/0/2')]).toEqual(['2.04', 101]);
});

test('1.1-int-280 Successful Read-Composite Operation', async () => {
  const bed = await Testbed.registered();
  const values = await readComposite(bed, '/3/0/16', '/3/0/11/0', '/1/0');
  expect(values).toMatchObject({ '/3/0/16': 'U', '/3/0/11/0': 0, '/1/0/0': 1, '/1/0/1': 86_400, '/1/0/7': 'U' });
  expect(Object.keys(values).filter((path) => !path.startsWith('/1/0/'))).toEqual(['/3/0/11/0', '/3/0/16']);
  expect(bed.exchanges()).toEqual([READ]);
});

test('1.1-int-281 Partially Successful Read-Composite Operation', async () => {
  const bed = await Testbed.registered();
  expect(await readComposite(bed, '/1/0/1', '/1/0/7', '/1/0/8')).toEqual({ '/1/0/1': 86_400, '/1/0/7': 'U' });
  expect(bed.exchanges()).toEqual([READ]);
});

test('1.1-int-260 Discover Command', async () => {
  const bed = await Testbed.registered();
  const resources = '4 0 1 2 3 6 7 8 9 11 13 14 15 16'.split(' ').toSorted((a, b) => Number(a) - Number(b));
  const links = resources.map((id) => {
    const dimension = ['6', '7', '8'].includes(id) ? ';dim=2' : id === '11' ? ';dim=1' : '';
    return `</3/0/${id}>${dimension}`;
  });
  expect(await bed.discover('/3')).toBe(['</3>;ver=1.2', '</3/0>', ...links].join(','));
  await bed.run(bed.device.writeAttributes('/3', { pmin: 10, pmax: 200 }));
  expect(await bed.discover('/3/0')).toBe(['</3/0>;pmin=10;pmax=200', ...links].join(','));
  await bed.run(bed.device.writeAttributes('/3/0/7', { lt: 1, gt: 6, st: 1 }));
  const own = ';gt=6;lt=1;st=1';
  expect(await bed.discover('/3/0')).toContain(`</3/0/7>;dim=2${own},`);
  // At the Resource what it inherits is shown too.
  expect(await bed.discover('/3/0/7')).toBe(`</3/0/7>;dim=2;pmin=10;pmax=200${own},</3/0/7/0>,</3/0/7/1>`);
  expect(bed.exchanges().map((line) => line.replace(/ cf=40 .*/, ''))).toEqual([
    'GET /3 accept=40 → 2.05',
    'PUT /3?pmin=10&pmax=200 → 2.04',
    'GET /3/0 accept=40 → 2.05',
    'PUT /3/0/7?gt=6&lt=1&st=1 → 2.04',
    'GET /3/0 accept=40 → 2.05',
    'GET /3/0/7 accept=40 → 2.05',
  ]);
});

// "&" in the links of the text is the ";" of the link format.
test('1.1-int-261 Write-Attribute Operation on a multiple resource', async () => {
  const bed = await Testbed.registered({ contents: { '/3/0/11': list(0, 2) } });
  await bed.run(bed.device.writeAttributes('/3', { pmin: 320 }));
  await bed.run(bed.device.writeAttributes('/3/0', { pmax: 6_000 }));
  await bed.run(bed.device.writeAttributes('/3/0/11/0', { epmin: 1, epmax: 300 }));
  expect(bed.exchanges()).toEqual([
    'PUT /3?pmin=320 → 2.04',
    'PUT /3/0?pmax=6000 → 2.04',
    'PUT /3/0/11/0?epmin=1&epmax=300 → 2.04',
  ]);
  expect(await bed.discover('/3/0/11')).toBe(
    '</3/0/11>;dim=2;pmin=320;pmax=6000,</3/0/11/0>;epmin=1;epmax=300,</3/0/11/1>',
  );
});

test('1.2-int-264 Discover depth 1', async () => {
  const bed = await Testbed.registered({ client: { lwm2mVersion: '1.2' } });
  await bed.run(bed.device.writeAttributes('/3', { pmin: 10 }));
  expect(await bed.discover('/3', 1)).toBe('</3>;pmin=10,</3/0>');
  expect(bed.exchanges()[1]).toBe('GET /3?depth=1 accept=40 → 2.05 cf=40 </3>;pmin=10,</3/0>');
});

test('1.2-int-266 Discover depth 2/3', async () => {
  const bed = await Testbed.registered({ client: { lwm2mVersion: '1.2' } });
  await bed.run(bed.device.writeAttributes('/3/0/7', { gt: 3_000 }));
  await bed.run(bed.device.writeAttributes('/3/0/7/1', { lt: 4_500 }));
  const second = await bed.discover('/3', 2);
  expect(second).toContain('</3>,</3/0>,</3/0/0>,');
  expect(second).toContain('</3/0/7>;dim=2;gt=3000,</3/0/8>;dim=2,');
  const third = await bed.discover('/3', 3);
  expect(third).toContain('</3/0/7>;dim=2;gt=3000,</3/0/7/0>,</3/0/7/1>;lt=4500,</3/0/8>');
  expect(bed.exchanges().map((line) => line.split(' → ')[0])).toEqual([
    'PUT /3/0/7?gt=3000',
    'PUT /3/0/7/1?lt=4500',
    'GET /3?depth=2 accept=40',
    'GET /3?depth=3 accept=40',
  ]);
});
