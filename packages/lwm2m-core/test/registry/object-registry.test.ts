import { beforeAll, describe, expect, test } from 'vitest';
import type { ObjectDefinition, ResourceDefinition } from '../../src/definition.ts';
import { Lwm2mError } from '../../src/errors.ts';
import { MAX_OBJECT_DEFINITIONS } from '../../src/limits.ts';
import { ObjectRegistry } from '../../src/registry/object-registry.ts';

function objectOf(id: number, version: string, resources: readonly ResourceDefinition[] = []): ObjectDefinition {
  return {
    id,
    version,
    lwm2mVersion: '1.0',
    name: `Object ${id} ${version}`,
    urn: `urn:oma:lwm2m:x:${id}:${version}`,
    multiple: false,
    mandatory: false,
    resources: new Map(resources.map((resource) => [resource.id, resource])),
  };
}

function resourceOf(id: number, type: ResourceDefinition['type']): ResourceDefinition {
  const rest = { operations: 'R', multiple: false, mandatory: false, range: undefined, units: undefined } as const;
  return { id, name: `Resource ${id}`, type, ...rest };
}

describe('bundled', () => {
  let registry: ObjectRegistry;
  beforeAll(async () => {
    registry = await ObjectRegistry.bundled();
  });

  test('has 422 definitions of 325 Objects, without the two that have no licence', () => {
    const definitions = [...registry];
    expect(registry.size).toBe(422);
    expect(definitions).toHaveLength(422);
    expect(new Set(definitions.map((definition) => definition.id)).size).toBe(325);
    expect(registry.object(3443)).toBeUndefined();
    expect(registry.object(10244)).toBeUndefined();
    expect(definitions.reduce((sum, definition) => sum + definition.resources.size, 0)).toBe(4469);
  });

  test('has Manufacturer of the Device', () => {
    expect(registry.resource(3, 0)).toEqual({
      id: 0,
      name: 'Manufacturer',
      operations: 'R',
      type: 'string',
      multiple: false,
      mandatory: false,
      range: undefined,
      units: undefined,
    });
  });

  test('has the value of the temperature sensor', () => {
    expect(registry.resource(3303, 5700)).toMatchObject({ type: 'float', operations: 'R', mandatory: true });
    expect(registry.object(3303)).toMatchObject({ name: 'Temperature', multiple: true, mandatory: false });
  });

  test('has every kind of type, operation and flag', () => {
    expect(registry.object(3, '1.0')).toMatchObject({ urn: 'urn:oma:lwm2m:oma:3', mandatory: true, multiple: false });
    expect(registry.object(3, '1.1')?.urn).toBe('urn:oma:lwm2m:oma:3:1.1');
    expect(registry.object(10254)?.urn).toBe('urn:oma:lwm2m:x:10254:1.0');
    expect(registry.resource(3, 4)).toMatchObject({ type: 'none', operations: 'E', mandatory: true });
    expect(registry.resource(3, 11)).toMatchObject({ type: 'integer', multiple: true, mandatory: true });
    expect(registry.resource(3, 13)).toMatchObject({ type: 'time', operations: 'RW' });
    expect(registry.resource(3, 9)).toMatchObject({ units: '/100' });
    expect(registry.resource(5, 0)).toMatchObject({ type: 'opaque', operations: 'W' });
    expect(registry.resource(0, 0)).toMatchObject({ operations: '' });
    expect(registry.resource(0, 1)).toMatchObject({ type: 'boolean' });
    expect(registry.resource(0, 13)).toMatchObject({ type: 'unsignedInteger', range: '0..3' });
    const types = new Set([...registry].flatMap(({ resources }) => [...resources.values()].map(({ type }) => type)));
    expect([...types].sort()).toEqual([
      'boolean',
      'corelnk',
      'float',
      'integer',
      'none',
      'objlnk',
      'opaque',
      'string',
      'time',
      'unsignedInteger',
    ]);
  });

  test('ranges are single lines', () => {
    expect(registry.object(3387)?.resources.size).toBeGreaterThan(0);
    for (const { resources } of registry) {
      for (const { name, range } of resources.values()) expect(`${name}${range ?? ''}`).not.toMatch(/[\n\t]|^ | $/);
    }
  });

  test('knows what each version has', () => {
    expect(registry.versions(3)).toEqual(['1.0', '1.1', '1.2']);
    expect(registry.resource(0, 13)).toBeDefined();
    expect(registry.resource(0, 13, '1.0')).toBeUndefined();
    expect(registry.object(3)?.version).toBe('1.2');
  });

  test('each call gives a registry of its own with the same definitions', async () => {
    const other = await ObjectRegistry.bundled();
    other.add(objectOf(33_333, '1.0'));
    other.add(objectOf(3, '9.0'));
    expect(registry.object(33_333)).toBeUndefined();
    expect(registry.object(3)?.version).toBe('1.2');
    expect(other.object(3303)).toBe(registry.object(3303));
  });
});

describe('versions', () => {
  const registry = ObjectRegistry.of(['2.1', '1.2', '1.10', '1.0', '2.0'].map((version) => objectOf(30_000, version)));

  test('are in the order of their numbers', () => {
    expect(registry.versions(30_000)).toEqual(['1.0', '1.2', '1.10', '2.0', '2.1']);
    expect(registry.versions(1)).toEqual([]);
    expect([...registry].map(({ version }) => version)).toEqual(registry.versions(30_000));
  });

  test.each([
    [undefined, '2.1'],
    ['1.0', '1.0'],
    ['1.2', '1.2'],
    ['2.1', '2.1'],
    ['1.1', '1.0'],
    ['1.9', '1.2'],
    ['1.11', '1.10'],
    ['2.7', '2.1'],
    ['3.0', '2.1'],
    ['0.9', '2.1'],
    ['01.02', '1.2'],
    ['nonsense', '2.1'],
    ['', '2.1'],
  ])('%j finds %s', (version, expected) => {
    expect(registry.object(30_000, version)?.version).toBe(expected);
  });

  test('none of the same major version below gives the newest', () => {
    const late = ObjectRegistry.of([objectOf(7, '1.5'), objectOf(7, '2.0')]);
    expect(late.object(7, '1.1')?.version).toBe('2.0');
    const gap = ObjectRegistry.of([objectOf(7, '1.0'), objectOf(7, '3.0')]);
    expect(gap.object(7, '2.0')?.version).toBe('3.0');
  });
});

describe('forVersions', () => {
  const registry = ObjectRegistry.of([
    objectOf(30_000, '1.0', [resourceOf(1, 'integer')]),
    objectOf(30_000, '2.0', [resourceOf(1, 'float')]),
    objectOf(30_001, '1.0'),
    objectOf(30_001, '1.1'),
  ]);

  test('sees the versions that the device has, and else the newest', () => {
    const view = registry.forVersions(new Map([[30_000, '1.0']]));
    expect(view.object(30_000)?.version).toBe('1.0');
    expect(view.resource(30_000, 1)?.type).toBe('integer');
    expect(view.resource(30_000, 2)).toBeUndefined();
    expect(view.object(30_001)?.version).toBe('1.1');
    expect(view.object(30_002)).toBeUndefined();
    expect(view.resource(30_002, 0)).toBeUndefined();
  });

  test('follows its map and its registry', () => {
    const versions = new Map<number, string>();
    const view = registry.forVersions(versions);
    expect(view.resource(30_000, 1)?.type).toBe('float');
    versions.set(30_000, '1.0');
    expect(view.resource(30_000, 1)?.type).toBe('integer');
    registry.add(objectOf(30_000, '1.0', [resourceOf(1, 'time')]));
    expect(view.resource(30_000, 1)?.type).toBe('time');
    registry.remove(30_000, '1.0');
    expect(view.resource(30_000, 1)?.type).toBe('float');
    expect(view.object(30_001)?.version).toBe('1.1');
    expect(view.resource(30_000, 1)?.type).toBe('float');
  });
});

describe('addAll', () => {
  test('adds all or none', () => {
    const registry = ObjectRegistry.of([objectOf(30_000, '1.0')]);
    registry.addAll([objectOf(30_000, '1.1'), objectOf(30_001, '1.0')]);
    expect(registry.size).toBe(3);
    expect(() => registry.addAll([objectOf(30_002, '1.0'), objectOf(1, 'x')])).toThrow(Lwm2mError);
    expect(registry.size).toBe(3);
    expect(registry.object(30_002)).toBeUndefined();
    const many = Array.from({ length: MAX_OBJECT_DEFINITIONS - 2 }, (_, id) => objectOf(id, '7.0'));
    expect(() => registry.addAll(many)).toThrow(RangeError);
    expect(registry.object(0)).toBeUndefined();
    // Twice the same counts once.
    registry.addAll([...many.slice(1), ...many.slice(1)]);
    expect(registry.size).toBe(MAX_OBJECT_DEFINITIONS);
  });

  test('of the same id and version the last counts', () => {
    const registry = ObjectRegistry.of([objectOf(1, '1.0'), objectOf(1, '1.0', [resourceOf(5, 'string')])]);
    expect(registry.size).toBe(1);
    expect(registry.resource(1, 5)?.type).toBe('string');
  });
});

describe('remove', () => {
  test('an added definition is gone, and other versions stay', () => {
    const registry = ObjectRegistry.of([objectOf(30_000, '1.0'), objectOf(30_000, '1.1')]);
    expect(registry.remove(30_000, '1.1')).toBe(true);
    expect(registry.versions(30_000)).toEqual(['1.0']);
    expect(registry.remove(30_000, '1.1')).toBe(false);
    expect(registry.remove(30_000, '1.0')).toBe(true);
    expect(registry.size).toBe(0);
    expect(registry.object(30_000)).toBeUndefined();
    expect([...registry]).toEqual([]);
    expect(registry.remove(30_000, 'nonsense')).toBe(false);
  });

  test('a bundled definition shows again', async () => {
    const registry = await ObjectRegistry.bundled();
    const { size } = registry;
    const bundled = registry.object(3, '1.1');
    registry.add(objectOf(3, '1.1', [resourceOf(9, 'string')]));
    registry.add(objectOf(3, '1.1', [resourceOf(9, 'float')]));
    expect(registry.size).toBe(size);
    expect(registry.resource(3, 9, '1.1')?.type).toBe('float');
    expect(registry.remove(3, '1.1')).toBe(true);
    expect(registry.object(3, '1.1')).toBe(bundled);
    expect(registry.remove(3, '1.1')).toBe(false);
    expect(registry.object(3, '1.1')).toBe(bundled);
    expect(registry.size).toBe(size);
  });
});

describe('add', () => {
  test('replaces the same id and version', () => {
    const registry = ObjectRegistry.of([objectOf(30_000, '1.0')]);
    registry.add(objectOf(30_000, '1.0', [resourceOf(5, 'string')]));
    expect(registry.size).toBe(1);
    expect(registry.resource(30_000, 5)?.type).toBe('string');
  });

  test.each([
    ['an id out of range', objectOf(65_536, '1.0')],
    ['an id that is no integer', objectOf(1.5, '1.0')],
    ['a version that is none', objectOf(1, '1')],
    ['a version with a third part', objectOf(1, '1.0.1')],
    ['a Resource id out of range', objectOf(1, '1.0', [resourceOf(70_000, 'string')])],
    ['a Resource under another id', { ...objectOf(1, '1.0'), resources: new Map([[2, resourceOf(3, 'string')]]) }],
  ])('refuses %s', (_, definition) => {
    const registry = new ObjectRegistry();
    expect(() => registry.add(definition)).toThrow(Lwm2mError);
    expect(registry.size).toBe(0);
  });

  test('is bounded', () => {
    const registry = new ObjectRegistry();
    for (let id = 0; id < MAX_OBJECT_DEFINITIONS; id += 1) registry.add(objectOf(id, '1.0'));
    expect(() => registry.add(objectOf(1, '2.0'))).toThrow(RangeError);
    registry.add(objectOf(1, '1.0'));
    expect(registry.size).toBe(MAX_OBJECT_DEFINITIONS);
  });
});
