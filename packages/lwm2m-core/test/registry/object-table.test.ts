import { expect, test } from 'vitest';
import { Lwm2mError } from '../../src/errors.ts';
import { parseObjectTable } from '../../src/registry/object-table.ts';

test('reads lines of fields', () => {
  const [first, second] = parseObjectTable(
    '\n30\t1.0\t1.1\t*!\tThe Name\t\t0^fB*!^Some Name^0..1^m\t1^n-^Other^^s\t2^sR^Third\n12000\t2.1\t1.0\t\tX\turn:x',
  );
  expect(first?.definition()).toEqual({
    id: 30,
    version: '1.0',
    lwm2mVersion: '1.1',
    name: 'The Name',
    urn: 'urn:oma:lwm2m:oma:30',
    multiple: true,
    mandatory: true,
    resources: new Map([
      [
        0,
        resource(0, 'Some Name', {
          operations: 'RW',
          type: 'float',
          multiple: true,
          mandatory: true,
          range: '0..1',
          units: 'm',
        }),
      ],
      [1, resource(1, 'Other', { type: 'none', units: 's' })],
      [2, resource(2, 'Third', { operations: 'R', type: 'string' })],
    ]),
  });
  expect(second?.definition()).toMatchObject({
    id: 12000,
    version: '2.1',
    urn: 'urn:x',
    multiple: false,
    mandatory: false,
  });
  expect(first?.definition()).toBe(first?.definition());
});

test.each([
  ['1024\t1.0\t1.0\t\tX\t', 'urn:oma:lwm2m:ext:1024'],
  ['10241\t1.1\t1.0\t\tX\t', 'urn:oma:lwm2m:x:10241:1.1'],
])('%j has the URN %s', (line, urn) => {
  expect(parseObjectTable(`\n${line}`)[0]?.definition().urn).toBe(urn);
});

test.each(['\n', '\nx\t1.0\t', '\n1\t1\t1.0', '\n1 1.0 1.0'])('%j has no id and version', (text) => {
  expect(() => parseObjectTable(text)).toThrow(Lwm2mError);
});

test('resources that several objects have are in the first line, and parsed once', () => {
  const [first, second] = parseObjectTable(
    '0^sR^Zero\t7^i-^Seven\n1\t1.0\t1.0\t\tX\t\t1\t8^sR^Eight\n2\t1.0\t1.0\t\tY\t\t0\t1',
  );
  expect([...(first?.definition().resources.values() ?? [])]).toEqual([
    resource(7, 'Seven', { type: 'integer' }),
    resource(8, 'Eight', { type: 'string', operations: 'R' }),
  ]);
  expect(second?.definition().resources.get(0)?.name).toBe('Zero');
  expect(second?.definition().resources.get(7)).toBe(first?.definition().resources.get(7));
});

/* prettier-ignore */
test.each([
  '\n1\t1.0\t1.0', '\n1\t1.0\t1.0\t\tX\t\tresource', '\n1\t1.0\t1.0\t\tX\t\t1^zR^N', '\n1\t1.0\t1.0\t\tX\t\t1^s',
  '0^sR^N\n1\t1.0\t1.0\t\tX\t\t1', '\n1\t1.0\t1.0\t\tX\t\t0', 'x\n1\t1.0\t1.0\t\tX\t\t0',
])('the rest of %j fails at first use', (text) => {
  const [entry] = parseObjectTable(text);
  expect(() => entry?.definition()).toThrow(Lwm2mError);
});

function resource(id: number, name: string, rest: object): object {
  const absent = { operations: '', multiple: false, mandatory: false, range: undefined, units: undefined };
  return { id, name, ...absent, ...rest };
}
