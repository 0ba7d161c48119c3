import type { EndpointItem, ResourceItem } from '../../../src/http/api-types.ts';
import type { Sample } from '../chart/thinned-series.ts';

const TEMPERATURE_OBJECT = /^\/3303\/\d+$/;
const TEMPERATURE_PATH = /^\/3303\/\d+\/5700$/;

/** The Sensor Value (5700) of each Temperature instance (object 3303) that the endpoint registered. */
export function temperaturePaths(endpoint: EndpointItem): string[] {
  return endpoint.objectLinks.filter((link) => TEMPERATURE_OBJECT.test(link)).map((link) => `${link}/5700`);
}

export function isTemperature(path: string): boolean {
  return TEMPERATURE_PATH.test(path);
}

/** The Object Instance part of a path: "0" of /3303/0/5700. */
export function instanceOf(path: string): string {
  return path.split('/')[2] ?? '';
}

/** The stored value as a point of a chart; undefined when it isn't a finite number. */
export function toSample(item: ResourceItem): Sample | undefined {
  // Nothing is received before it is measured: where it seems so, the device's clock is ahead.
  const time = Math.min(Date.parse(item.time), Date.parse(item.timeReceived));
  const value = typeof item.value === 'number' ? item.value : NaN;
  return Number.isFinite(time) && Number.isFinite(value) ? { time, value } : undefined;
}
