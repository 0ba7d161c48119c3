import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Link } from '../../src/link-format/link.ts';
import { readObjectList } from '../../src/registration/object-list.ts';
import { ObjectRegistry } from '../../src/registry/object-registry.ts';

/* prettier-ignore */
const targets = fc.oneof(
  fc.string({ unit: 'binary' }).map((text) => `/${text}`),
  fc.array(fc.constantFrom('0', '3', '03', '65534', '65535', '99999', 'lwm2m', '%ff', '%C3%A9', '..', '', '\ud800'), { maxLength: 4 })
    .map((segments) => `/${segments.join('/')}`),
);
const versions = fc.constantFrom<string | true>('1.0', '1.1', '01.01', '99999.0', '1', 'x', '', '1.0.0', true);
const attributes = fc.record(
  {
    ver: versions,
    rt: fc.constantFrom<string | true>('oma.lwm2m', 'x oma.lwm2m', '', true),
    ct: fc.constantFrom<string | true>('112', '60 110', '-1 x 70000', '', true),
  },
  { requiredKeys: [] },
);
const lists = fc.array(fc.record({ target: targets, attributes }), { maxLength: 12 }) as fc.Arbitrary<Link[]>;

test('any links are an object list, and the registry has a view for it', async () => {
  const registry = await ObjectRegistry.bundled();
  fc.assert(
    fc.property(lists, fc.constantFrom('1.0', '1.1', '1.2', '2.0', ''), (links, lwm2mVersion) => {
      const list = readObjectList(links, lwm2mVersion);
      expect([...list.objectVersions.keys()]).toEqual([...list.instances.keys()]);
      expect(new Set(list.links.map(({ path }) => path)).size).toBe(list.links.length);
      for (const instances of list.instances.values()) {
        expect(instances).toEqual([...new Set(instances)].sort((a, b) => a - b));
      }
      const view = registry.forVersions(list.objectVersions);
      for (const [objectId, version] of list.objectVersions) {
        expect(view.object(objectId)).toBe(registry.object(objectId, version));
      }
    }),
    { numRuns: 1000 },
  );
});
