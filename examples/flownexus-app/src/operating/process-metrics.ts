import { collectDefaultMetrics, Registry } from 'prom-client';

let registry: Registry | undefined;

/** The metrics of the process and of Node: they are those of all apps that run in it, and begin with the first that asks. */
export function processMetrics(): Registry {
  if (registry === undefined) {
    registry = new Registry();
    collectDefaultMetrics({ register: registry });
  }
  return registry;
}
