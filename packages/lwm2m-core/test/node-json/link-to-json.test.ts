import { expect, test } from 'vitest';
import { linkToJson } from '../../src/node-json/index.ts';
import { parseLinkFormat } from '../../src/index.ts';

const jsonOf = (text: string): unknown => parseLinkFormat(text).map(linkToJson);

test('values keep the text that link-format has for them', () => {
  expect(jsonOf('</>;rt="oma.lwm2m";ct="60 110",</3/0/6>;dim=8,</3/0/9>;gt=50;lt=42.2,</3>;ver=1.1')).toEqual([
    { url: '/', attributes: { rt: '"oma.lwm2m"', ct: '"60 110"' } },
    { url: '/3/0/6', attributes: { dim: '8' } },
    { url: '/3/0/9', attributes: { gt: '50', lt: '42.2' } },
    { url: '/3', attributes: { ver: '1.1' } },
  ]);
});

test('quotes and backslashes stay escaped', () => {
  expect(jsonOf(String.raw`</3>;title="a \"b\" \\"`)).toEqual([
    { url: '/3', attributes: { title: String.raw`"a \"b\" \\"` } },
  ]);
});

test('an attribute without a value is null, and one of any name is a field of its own', () => {
  const [link] = parseLinkFormat('</3>;obs;__proto__=1').map(linkToJson);
  expect(JSON.stringify(link)).toBe('{"url":"/3","attributes":{"obs":null,"__proto__":"1"}}');
});
