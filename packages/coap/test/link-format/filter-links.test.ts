import { describe, expect, test } from 'vitest';
import { filterLinks, matchesFilter, parseLinks } from '../../src/index.ts';

const LINKS = parseLinks(
  '</sensors>;ct=40;title="Sensor Index",' +
    '</sensors/temp>;rt="temperature-c core.s";if="sensor";obs,' +
    '</sensors/light>;rt="light-lux";if="sensor";ct="0 50",' +
    '</firmware/v2.1>;rt="firmware";sz=262144;rel="item alternate",' +
    '</plain>',
);

function targets(...queries: readonly string[]): string[] {
  return filterLinks(LINKS, queries).map(({ target }) => target);
}

/** RFC 6690 §4.1. */
describe('a filter', () => {
  test.each<readonly [query: string, targets: readonly string[]]>([
    ['rt=light-lux', ['/sensors/light']],
    ['rt=temperature-c', ['/sensors/temp']],
    ['rt=core.s', ['/sensors/temp']],
    ['rt=core.*', ['/sensors/temp']],
    ['rt=temperature-c core.s', []],
    ['rt=light', []],
    ['rt=light*', ['/sensors/light']],
    ['rt=*', ['/sensors/temp', '/sensors/light', '/firmware/v2.1']],
    ['if=sensor', ['/sensors/temp', '/sensors/light']],
    ['if=s*', ['/sensors/temp', '/sensors/light']],
    ['rel=alternate', ['/firmware/v2.1']],
    ['ct=40', ['/sensors']],
    ['ct=50', ['/sensors/light']],
    ['ct=0', ['/sensors/light']],
    ['ct=4*', ['/sensors']],
    ['sz=262144', ['/firmware/v2.1']],
    ['sz=*', ['/firmware/v2.1']],
    ['title=Sensor Index', ['/sensors']],
    ['title=Sensor', []],
    ['title=Index', []],
    ['title=Sensor*', ['/sensors']],
    ['obs=', ['/sensors/temp']],
    ['obs=*', ['/sensors/temp']],
    ['obs=1', []],
    ['href=/sensors', ['/sensors']],
    ['href=/sensors*', ['/sensors', '/sensors/temp', '/sensors/light']],
    ['href=/sensors/*', ['/sensors/temp', '/sensors/light']],
    ['href=*', ['/sensors', '/sensors/temp', '/sensors/light', '/firmware/v2.1', '/plain']],
    ['RT=light-lux', []],
    ['foo=bar', []],
    ['=', []],
    ['rt==', []],
  ])('%s', (query, expected) => {
    expect(targets(query)).toEqual(expected);
    expect(LINKS.filter((link) => matchesFilter(link, query)).map(({ target }) => target)).toEqual(expected);
  });

  test('is absent: all links', () => {
    expect(targets()).toHaveLength(5);
  });

  test('several have to be fulfilled together', () => {
    expect(targets('if=sensor', 'ct=50')).toEqual(['/sensors/light']);
    expect(targets('if=sensor', 'ct=40')).toEqual([]);
  });

  test('without "=" is a bad request, even where there are no links', () => {
    const error = { code: 'ERR_COAP_LINK_FORMAT', responseCode: 128 };
    expect(() => targets('rt')).toThrow(expect.objectContaining(error));
    expect(() => filterLinks([], ['rt'])).toThrow(expect.objectContaining(error));
  });
});
