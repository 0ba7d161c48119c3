import { formatPath, type ResourceRecord, type ResourceType, type ResourceValue } from '@flownexus/lwm2m-core';

/** One Resource of the OMA's Test Object. */
export interface TestValue {
  readonly type: ResourceType;
  /** The single one. */
  readonly single: number;
  /** The multiple one. */
  readonly multiple: number;
  readonly value: ResourceValue;
  /** As a device is told it. */
  readonly text: string;
}

/** One of each type, none of them easy to carry. */
export const TEST_VALUES: readonly TestValue[] = [
  { type: 'string', single: 110, multiple: 1110, value: 'Grüße, "\\" ☃', text: 'Grüße, "\\" ☃' },
  { type: 'integer', single: 120, multiple: 1120, value: -(2n ** 63n), text: '-9223372036854775808' },
  { type: 'unsignedInteger', single: 125, multiple: 1125, value: 10n ** 19n, text: '10000000000000000000' },
  { type: 'float', single: 130, multiple: 1130, value: -2.5e-300, text: '-2.5e-300' },
  { type: 'boolean', single: 140, multiple: 1140, value: true, text: 'true' },
  { type: 'opaque', single: 150, multiple: 1150, value: Uint8Array.of(0, 255, 16, 32), text: '00ff1020' },
  { type: 'time', single: 160, multiple: 1160, value: 4_102_444_800, text: '4102444800000' },
  { type: 'objlnk', single: 170, multiple: 1170, value: { objectId: 3, objectInstanceId: 0 }, text: '3:0' },
  { type: 'corelnk', single: 180, multiple: 1180, value: '</3442/0>;pmin=10', text: '</3442/0>;pmin=10' },
];

/** The values of a peer that lacks types, and has a plainer value for some. */
export function testValues(
  lacks: readonly ResourceType[],
  plainer: Partial<Record<ResourceType, Pick<TestValue, 'value' | 'text'>>>,
): readonly TestValue[] {
  return TEST_VALUES.filter(({ type }) => !lacks.includes(type)).map((each) => ({ ...each, ...plainer[each.type] }));
}

/** The Resource Instances that the multiple ones have. */
export const INSTANCES: readonly number[] = [0, 7, 65_534];

/** Values by their paths. */
export function valuesOf(records: readonly ResourceRecord[]): Record<string, ResourceValue> {
  return Object.fromEntries(records.map(({ path, value }) => [formatPath(path), value]));
}
