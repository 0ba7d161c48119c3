import { describe, expect, test } from 'vitest';
import { parseLinkFormat } from '../../src/link-format/parse-link-format.ts';
import { MAX_ROOT_CONTENT_FORMATS } from '../../src/limits.ts';
import { readObjectList, type ObjectList } from '../../src/registration/object-list.ts';
import { ObjectRegistry } from '../../src/registry/object-registry.ts';

function read(text: string, version = '1.1'): ObjectList {
  return readObjectList(parseLinkFormat(text), version);
}

describe('readObjectList', () => {
  test('Leshan client: root link with a list of formats', () => {
    const list = read('</>;rt="oma.lwm2m";ct="60 110 112 11542 11543",</1/0>,</3>;ver=1.2,</3/0>,</3303/0>');
    expect(list.rootPath).toBe('/');
    expect(list.contentFormats).toEqual([60, 110, 112, 11542, 11543]);
    expect(list.links.map((link) => link.path)).toEqual(['/1/0', '/3', '/3/0', '/3303/0']);
    expect(list.links[1]?.attributes['ver']).toBe('1.2');
    expect([...list.instances]).toEqual([
      [1, [0]],
      [3, [0]],
      [3303, [0]],
    ]);
    expect([...list.objectVersions]).toEqual([
      [1, '1.1'],
      [3, '1.2'],
      [3303, '1.0'],
    ]);
  });

  test('Zephyr: root link without rt, Device stated as 1.0 by a 1.1 client', () => {
    const list = read('</>;ct=112,</1/0>,</3>;ver=1.0,</3/0>,</5>;ver=1.0,</5/0>');
    expect(list.contentFormats).toEqual([112]);
    expect(list.objectVersions.get(3)).toBe('1.0');
    expect(list.objectVersions.get(1)).toBe('1.1');
  });

  test('Anjay: no root link, Objects without instances', () => {
    const list = read('</1/1>,</2>,</3/0>,</10>;ver=1.1,</10/0>,</9/1>,</9/0>', '1.2');
    expect(list.contentFormats).toEqual([]);
    expect(list.instances.get(2)).toEqual([]);
    expect(list.instances.get(9)).toEqual([0, 1]);
    expect(list.objectVersions.get(3)).toBe('1.2');
    expect(list.objectVersions.get(10)).toBe('1.1');
  });

  test.each([
    ['below the alternate path', '</lwm2m>;rt="oma.lwm2m";ct=110, </lwm2m/1/0>,</lwm2m/3/0>,</lwm2m/5>'],
    ['beside it', '</lwm2m>;rt=oma.lwm2m;ct=110,</1/0>,</3/0>,</5>'],
    ['with other resource types', '</lwm2m>;rt="core.x oma.lwm2m";ct=110,</1/0>,</3/0>,</5>'],
  ])('alternate path, Objects listed %s', (_name, text) => {
    const list = read(text);
    expect(list.rootPath).toBe('/lwm2m');
    expect(list.contentFormats).toEqual([110]);
    expect(list.links.map((link) => link.path)).toEqual(['/1/0', '/3/0', '/5']);
  });

  test('an alternate path may have several segments, and escapes', () => {
    expect(read('</a/b%20c>;rt="oma.lwm2m",</a/b%20c/3/0>')).toMatchObject({
      rootPath: '/a/b%20c',
      links: [{ path: '/3/0' }],
    });
  });

  test.each([
    ['numeric', '</5>;rt="oma.lwm2m",</3/0>'],
    ['with a numeric segment', '</a/5>;rt="oma.lwm2m",</3/0>'],
    ['whose escapes are no UTF-8', '</%ff>;rt="oma.lwm2m",</3/0>'],
    ['that goes up', '</..>;rt="oma.lwm2m",</3/0>'],
    ['of nine segments', '</a/b/c/d/e/f/g/h/i>;rt="oma.lwm2m",</3/0>'],
    ['of a segment of 256 bytes', `</${'%C3%A9'.repeat(128)}>;rt="oma.lwm2m",</3/0>`],
  ])('a root path %s is none', (_name, text) => {
    expect(read(text).rootPath).toBe('/');
  });

  test('ver on an instance counts where the Object has none', () => {
    expect(read('</44/0>;ver=2.2').objectVersions.get(44)).toBe('2.2');
    expect(read('</44/0>;ver=2.2,</44>;ver=2.1').objectVersions.get(44)).toBe('2.1');
    expect(read('</44>;ver="2.1",</44/0>;ver=2.2').objectVersions.get(44)).toBe('2.1');
    expect(read('</44/0>;ver="2.2"').objectVersions.get(44)).toBe('2.2');
    expect(read('</44/0>,</44/1>;ver=2.2').objectVersions.get(44)).toBe('2.2');
    expect(read('</44>;ver=latest').objectVersions.get(44)).toBe('1.0');
    expect(read('</44>;ver').objectVersions.get(44)).toBe('1.0');
  });

  test('ignores bootstrap and security Objects, resources, strangers and ids out of range', () => {
    const list = read(
      '</0/0>,</21/0>,</23>,</24/1>,</3/0/9>,</fw>,</.well-known/core>,</65535/0>,</3/65535>,</03/0>,</3/0>',
    );
    expect(list.links.map((link) => link.path)).toEqual(['/3/0']);
  });

  test('of a repeated link the first counts', () => {
    const list = read('</3>;ver=1.1,</3>;ver=1.2,</3/0>,</3/0>');
    expect(list.links).toHaveLength(2);
    expect(list.objectVersions.get(3)).toBe('1.1');
    expect(list.instances.get(3)).toEqual([0]);
  });

  test('reads no more of ct than numbers that can be Content-Formats', () => {
    expect(read('</>;ct="112 x 70000 112 -1 60",</3/0>').contentFormats).toEqual([112, 60]);
    expect(read('</>;ct,</3/0>').contentFormats).toEqual([]);
    const numbers = Array.from({ length: MAX_ROOT_CONTENT_FORMATS + 1 }, (_, index) => index);
    expect(read(`</>;ct="${numbers.join(' ')}",</3/0>`).contentFormats).toEqual(numbers.slice(0, -1));
  });

  test('a segment of the root path has up to 255 bytes', () => {
    const rootPath = `/${'%C3%A9'.repeat(127)}x`;
    expect(read(`<${rootPath}>;rt="oma.lwm2m",</3/0>`).rootPath).toBe(rootPath);
    const links = [{ target: '/\ud800', attributes: { rt: 'oma.lwm2m' } }];
    expect(readObjectList(links, '1.1').rootPath).toBe('/');
  });

  test('the registry shows the Objects in the versions of the list', async () => {
    const registry = await ObjectRegistry.bundled();
    const view = registry.forVersions(read('</>;ct=112,</3>;ver=1.2,</3/0>,</5/0>,</4/0>').objectVersions);
    expect(view.object(3)?.version).toBe('1.2');
    expect(view.object(5)?.version).toBe('1.0');
    expect(view.object(4)?.version).toBe('1.2');
  });
});
