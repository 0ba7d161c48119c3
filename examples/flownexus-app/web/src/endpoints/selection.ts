import type { EndpointItem } from '../../../src/http/api-types.ts';
import { temperaturePaths } from './temperature.ts';

/** How many endpoints the chart shows before anyone has chosen. */
export const DEFAULT_SELECTED = 4;
/** No more endpoints can be chosen than lines can be drawn. */
export const MAX_SELECTED = 8;

/**
 * The first endpoints that measure temperature, live ones before offline ones. Who is already shown stays, so that a
 * newcomer doesn't push a line out of the chart that someone is looking at.
 */
export function defaultSelection(shown: readonly string[], endpoints: readonly EndpointItem[]): readonly string[] {
  const candidates = endpoints.filter((endpoint) => temperaturePaths(endpoint).length > 0);
  const known = new Set(candidates.map(({ name }) => name));
  const kept = shown.filter((name) => known.has(name));
  const more = [...candidates]
    .sort((a, b) => Number(b.registered) - Number(a.registered) || (a.name < b.name ? -1 : 1))
    .map(({ name }) => name)
    .filter((name) => !kept.includes(name))
    .slice(0, Math.max(0, DEFAULT_SELECTED - kept.length));
  return kept.length === shown.length && more.length === 0 ? shown : [...kept, ...more];
}

/** Adds or removes a name; the selection stays as it is where it would grow beyond its bound. */
export function toggle(selected: readonly string[], name: string): readonly string[] {
  if (selected.includes(name)) return selected.filter((other) => other !== name);
  return selected.length >= MAX_SELECTED ? selected : [...selected, name];
}
