import { describe, expect, test } from 'vitest';
import { attributesOfLink, parseLinkFormat } from '@flownexus/lwm2m-core';
import type { LinkAttributes } from '@flownexus/lwm2m-core';

describe('attributesOfLink', () => {
  test.each<[link: string, attributes: LinkAttributes, problems: string[]]>([
    ['</3/0/7>;pmin=10;pmax=200;dim=2;lt=1;gt=6e0;st=".5"', { pmin: 10, pmax: 200, dim: 2, lt: 1, gt: 6, st: 0.5 }, []],
    ['</0/1>;ssid=101;uri="coaps://h"', { ssid: 101, uri: 'coaps://h' }, []],
    ['</3>;ver="1.1";rt=x', { ver: '1.1' }, []],
    ['</>;lwm2m=1.2;ct=112', { lwm2m: '1.2' }, []],
    ['</3>;pmin;pmax=-1;gt=a;edge=2;ver=1;uri', {}, ['pmin', 'pmax', 'gt', 'edge', 'ver', 'uri']],
    ['</3>;pmin=1;__proto__=2;constructor', { pmin: 1 }, []],
  ])('%s', (text, attributes, problems) => {
    const read = attributesOfLink(parseLinkFormat(text)[0]!);
    expect(read.attributes).toEqual(attributes);
    expect(read.problems.map(({ attribute }) => attribute)).toEqual(problems);
  });
});
