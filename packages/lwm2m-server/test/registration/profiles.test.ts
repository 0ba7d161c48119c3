import { describe, expect, test } from 'vitest';
import { formatCode } from '@flownexus/coap';
import { parseLinkFormat } from '@flownexus/lwm2m-core';
import { limits } from '../../src/limits.ts';
import { Profiles } from '../../src/registration/profiles.ts';
import { RefusalError } from '../../src/registration/refusal-error.ts';

const ID = '6:27354b9a';
const OTHER = '6:00000001';

/** The paths that an endpoint registers, or the code that refuses it. */
function paths(profiles: Profiles, ids: readonly string[], own: string = '', endpointName: string = 'dev'): string {
  try {
    const { links } = profiles.resolve(endpointName, ids, parseLinkFormat(own), '1.2');
    return links.map(({ path }) => path).join(' ');
  } catch (error) {
    if (error instanceof RefusalError) return formatCode(error.responseCode);
    throw error;
  }
}

describe('a profile that the operator maps', () => {
  const profiles = new Profiles({ [ID]: '</>;ct=112,</1/0>,</3/0>', [OTHER]: '</3/0>,</4>;ver=1.3,</4/0>' });

  test('stands for its list', () => {
    expect(paths(profiles, [ID])).toBe('/1/0 /3/0');
    expect(profiles.resolve('dev', [ID], [], '1.2').contentFormats).toEqual([112]);
  });

  test('is merged with what the device lists, which comes first', () => {
    expect(paths(profiles, [ID], '</4/0>,</3>;ver=1.1')).toBe('/4/0 /3 /1/0 /3/0');
    expect(profiles.resolve('dev', [OTHER], parseLinkFormat('</4>;ver=1.1'), '1.2').objectVersions.get(4)).toBe('1.1');
  });

  test('is one of several', () => {
    expect(paths(profiles, [ID, OTHER])).toBe('/1/0 /3/0 /4 /4/0');
  });

  test('is none that a device can teach otherwise', () => {
    expect(paths(profiles, [ID], '</9/0>')).toBe('/9/0 /1/0 /3/0');
    expect(paths(profiles, [ID])).toBe('/1/0 /3/0');
  });
});

describe('a profile that the operator does not map', () => {
  test('is refused with 4.09 until the device registers with its list', () => {
    const profiles = new Profiles();
    expect(paths(profiles, [ID])).toBe('4.09');
    expect(paths(profiles, [ID], '</1/0>,</3/0>')).toBe('/1/0 /3/0');
    expect(paths(profiles, [ID])).toBe('/1/0 /3/0');
    expect(paths(profiles, [ID], '</4/0>')).toBe('/4/0 /1/0 /3/0');
    expect(paths(profiles, [ID])).toBe('/1/0 /3/0');
  });

  test('counts for the endpoint alone that taught it: another could have any list put under its name', () => {
    const profiles = new Profiles();
    paths(profiles, [ID], '</1/0>', 'evil');
    expect(paths(profiles, [ID], '', 'dev')).toBe('4.09');
    expect(paths(profiles, [ID], '', 'evil')).toBe('/1/0');
  });

  test('is forgotten for another that the endpoint teaches', () => {
    const profiles = new Profiles();
    paths(profiles, [ID], '</1/0>');
    paths(profiles, [OTHER], '</3/0>');
    expect(paths(profiles, [OTHER])).toBe('/3/0');
    expect(paths(profiles, [ID])).toBe('4.09');
  });

  test('is not learnt from a list without Objects', () => {
    const profiles = new Profiles();
    expect(paths(profiles, [ID], '</>;ct=112')).toBe('4.09');
    expect(paths(profiles, [ID])).toBe('4.09');
  });

  test('is learnt beside one that is mapped', () => {
    const profiles = new Profiles({ [OTHER]: '</4/0>' });
    expect(paths(profiles, [OTHER, ID])).toBe('4.09');
    expect(paths(profiles, [OTHER, ID], '</1/0>')).toBe('/1/0 /4/0');
    expect(paths(profiles, [OTHER, ID])).toBe('/4/0 /1/0');
  });

  test('makes room for others, the one used longest ago first', () => {
    const profiles = new Profiles();
    for (let n = 0; n < limits.maxLearntProfiles; n += 1) paths(profiles, [ID], '</1/0>', `dev${n}`);
    paths(profiles, [ID], '', 'dev0');
    paths(profiles, [ID], '</1/0>', 'one more');
    expect(paths(profiles, [ID], '', 'dev0')).toBe('/1/0');
    expect(paths(profiles, [ID], '', 'dev1')).toBe('4.09');
  });

  test.each([
    ['targets', `</9/0>,</${'x'.repeat(60_000)}>`],
    ['attributes', `</9/0>;title="${'x'.repeat(60_000)}"`],
  ])('makes room when their %s are too long', (_what, list) => {
    const profiles = new Profiles();
    for (let n = 0; n <= limits.maxLearntProfileLinks / 900; n += 1) paths(profiles, [ID], list, `dev${n}`);
    expect(paths(profiles, [ID], '', 'dev0')).toBe('4.09');
    expect(paths(profiles, [ID], '', 'dev200')).toBe('/9/0');
  });

  test('makes room when the links of all are too many', () => {
    const profiles = new Profiles();
    const long = Array.from({ length: 4000 }, (_, id) => `</9/${id}>`).join(',');
    for (let n = 0; n <= limits.maxLearntProfileLinks / 4000; n += 1) paths(profiles, [ID], long, `dev${n}`);
    expect(paths(profiles, [ID], '', 'dev0')).toBe('4.09');
    expect(paths(profiles, [ID], '', 'dev1')).toMatch(/^\/9\/0 /);
  });
});

test('a profile that is no object list is misuse', () => {
  expect(() => new Profiles({ [ID]: '</1/0' })).toThrow(TypeError);
});
