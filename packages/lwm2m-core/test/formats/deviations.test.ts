import { expect, test } from 'vitest';
import { decodePayload, formatPath, ObjectRegistry, parseObjectXml } from '@flownexus/lwm2m-core';

const registry = ObjectRegistry.of(
  parseObjectXml(`<LWM2M><Object><Name>Test</Name><ObjectID>32000</ObjectID><MultipleInstances>Multiple</MultipleInstances>
    <Mandatory>Optional</Mandatory><Resources>
      <Item ID="0"><Name>Level</Name><Operations>R</Operations><MultipleInstances>Single</MultipleInstances>
        <Mandatory>Optional</Mandatory><Type>Integer</Type><RangeEnumeration>0..100</RangeEnumeration></Item>
      <Item ID="1"><Name>Levels</Name><Operations>R</Operations><MultipleInstances>Multiple</MultipleInstances>
        <Mandatory>Optional</Mandatory><Type>Integer</Type></Item>
    </Resources></Object></LWM2M>`),
);

function warningsOf(records: string, source: ObjectRegistry | undefined = registry): string[] {
  const warnings: string[] = [];
  const onWarning = ({ path, message }: { path: Parameters<typeof formatPath>[0]; message: string }): void => {
    warnings.push(`${formatPath(path)} ${message}`);
  };
  const { records: decoded } = decodePayload(new TextEncoder().encode(records), 110, '/', source, { onWarning });
  expect(decoded.length).toBeGreaterThan(0);
  return warnings;
}

test.each([
  [
    'a text for an Integer',
    '[{"n":"/32000/0/0","vs":"x"}]',
    ['/32000/0/0 expected a value of type integer, found string'],
  ],
  [
    'a float for an Integer',
    '[{"n":"/32000/0/0","v":1.5}]',
    ['/32000/0/0 expected a value of type integer, found float'],
  ],
  ['out of range', '[{"n":"/32000/0/0","v":101}]', ['/32000/0/0 expected 0..100, found a greater number']],
  [
    'an instance of a single Resource',
    '[{"n":"/32000/0/0/1","v":1}]',
    ['/32000/0/0/1 expected one value, found a Resource Instance'],
  ],
  [
    'one value of a multiple Resource',
    '[{"n":"/32000/0/1","v":1}]',
    ['/32000/0/1 expected a Resource Instance, found one value'],
  ],
  [
    'all of a series',
    '[{"bn":"/32000/0/0","v":101},{"v":50},{"v":102}]',
    ['/32000/0/0 expected 0..100, found a greater number', '/32000/0/0 expected 0..100, found a greater number'],
  ],
  ['nothing for what is right', '[{"n":"/32000/0/0","v":100},{"n":"/32000/0/1/4","v":-5}]', []],
  ['nothing for what nobody defines', '[{"n":"/32000/0/9","vs":"x"},{"n":"/32001/0/0","v":1}]', []],
])('warns of %s', (_name, records, warnings) => {
  expect(warningsOf(records)).toEqual(warnings);
});

test('without definitions there is nothing to warn of', () => {
  expect(warningsOf('[{"n":"/32000/0/0","vs":"x"}]', ObjectRegistry.of([]))).toEqual([]);
});
