import { describe, expect, test } from 'vitest';
import { LatestStore } from '../../web/src/endpoints/latest-store.ts';
import { applyBatch, searchByName, sortEndpoints, type SortKey } from '../../web/src/endpoints/list.ts';
import { DEFAULT_SELECTED, defaultSelection, MAX_SELECTED, toggle } from '../../web/src/endpoints/selection.ts';
import { instanceOf, isTemperature, temperaturePaths, toSample } from '../../web/src/endpoints/temperature.ts';
import { endpointItem, liveTemperature, temperature } from './samples.ts';

const names = (list: readonly { readonly name: string }[]) => list.map(({ name }) => name);

describe('the list', () => {
  const list = [
    endpointItem('device-10', { lifetime: 60, registered: false }),
    endpointItem('device-9', { lifetime: 300, serialNumber: null }),
    endpointItem('Attic', { lifetime: 300, manufacturer: null, modelNumber: null }),
  ];
  const sorted = (key: SortKey, descending = false) =>
    names(sortEndpoints(list, { key, descending }, (name) => ({ 'device-9': 20, 'device-10': 5 })[name]));

  test('sorts by name as people count', () => {
    expect(sorted('name')).toEqual(['Attic', 'device-9', 'device-10']);
    expect(sorted('name', true)).toEqual(['device-10', 'device-9', 'Attic']);
  });

  test('sorts by number, equals by name', () => {
    expect(sorted('lifetime', true)).toEqual(['Attic', 'device-9', 'device-10']);
    expect(sorted('status')).toEqual(['Attic', 'device-9', 'device-10']);
  });

  test('has the unknown last either way', () => {
    expect(sorted('temperature')).toEqual(['device-10', 'device-9', 'Attic']);
    expect(sorted('temperature', true)).toEqual(['device-9', 'device-10', 'Attic']);
    expect(sorted('serialNumber').at(-1)).toBe('device-9');
    expect(sorted('model', true).at(-1)).toBe('Attic');
  });

  test('is searched by any part of the name', () => {
    expect(names(searchByName(list, ' ATT '))).toEqual(['Attic']);
    expect(searchByName(list, '')).toBe(list);
  });

  test('takes live events over', () => {
    const later = '2999-01-01T00:00:00.000Z';
    const batch = {
      endpoints: [endpointItem('new'), { ...list[1]!, registered: false }],
      resources: [{ ...liveTemperature('Attic', 1), timeReceived: later }, liveTemperature('unheard-of', 2)],
      overflowed: false,
    };
    const after = applyBatch(list, batch);
    expect(names(after)).toEqual(['device-10', 'device-9', 'Attic', 'new']);
    expect(after[1]?.registered).toBe(false);
    expect(after[2]?.lastUpdated).toBe(later);
    expect(applyBatch(list, { endpoints: [], resources: [], overflowed: false })).toBe(list);
  });
});

describe('the selection', () => {
  const endpoints = ['f', 'e', 'd', 'c', 'b', 'a'].map((name) => endpointItem(name, { registered: name !== 'a' }));

  test('is the first live ones with a temperature until someone chooses', () => {
    const without = endpointItem('0', { objectLinks: ['/3/0'] });
    expect(defaultSelection([], [...endpoints, without])).toEqual(['b', 'c', 'd', 'e']);
    expect(DEFAULT_SELECTED).toBe(4);
  });

  test('does not drop who is shown for a newcomer', () => {
    const shown = ['b', 'c', 'd', 'e'];
    expect(defaultSelection(shown, [...endpoints, endpointItem('aa')])).toBe(shown);
    expect(defaultSelection(['f'], endpoints)).toEqual(['f', 'b', 'c', 'd']);
  });

  test('grows up to what can be drawn', () => {
    const all = Array.from({ length: MAX_SELECTED }, (_, i) => String(i));
    expect(toggle(all, 'more')).toBe(all);
    expect(toggle(all, '0')).toHaveLength(MAX_SELECTED - 1);
    expect(toggle(['x'], 'y')).toEqual(['x', 'y']);
  });
});

describe('temperatures', () => {
  test('are 5700 of each instance of 3303', () => {
    const endpoint = endpointItem('a', { objectLinks: ['/3303', '/3303/0', '/3303/12', '/33030/1', '/3304/0'] });
    expect(temperaturePaths(endpoint)).toEqual(['/3303/0/5700', '/3303/12/5700']);
    expect(isTemperature('/3303/0/5700')).toBe(true);
    expect(isTemperature('/3303/0/5701')).toBe(false);
    expect(instanceOf('/3303/12/5700')).toBe('12');
  });

  test('that are no numbers are no points', () => {
    expect(toSample(temperature(21, 1000))).toEqual({ time: 1000, value: 21 });
    expect(toSample({ ...temperature(21, 1000), value: 'NaN' })).toBeUndefined();
  });

  test('from the future happened when they came in', () => {
    expect(toSample({ ...temperature(21, 1000), time: '2999-01-01T00:00:00.000Z' })?.time).toBe(1000);
  });
});

describe('LatestStore', () => {
  const latest = (value: number, time: number, path = '/3303/0/5700') => ({ value, time, path, units: 'Cel' });

  test('keeps the newest value per path', () => {
    const store = new LatestStore();
    store.put('a', latest(2, 2000));
    const list = store.get('a');
    store.put('a', latest(1, 1000));
    expect(store.get('a')).toBe(list);
    store.put('a', latest(3, 3000));
    store.put('a', latest(9, 1, '/3303/10/5700'));
    store.put('a', latest(8, 1, '/3303/9/5700'));
    expect(store.get('a').map(({ value }) => value)).toEqual([3, 8, 9]);
  });

  test('is bounded per endpoint', () => {
    const store = new LatestStore();
    for (let i = 0; i < 100; i += 1) store.put('a', latest(1, 1, `/3303/${String(i)}/5700`));
    expect(store.get('a')).toHaveLength(8);
  });

  test('tells who listens', () => {
    const store = new LatestStore();
    let told = 0;
    const stop = store.subscribe(() => (told += 1));
    store.notify();
    stop();
    store.notify();
    expect(told).toBe(1);
  });
});
