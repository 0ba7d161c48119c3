import { type SimulatedDevices, startSimulatedDevices } from '@flownexus/lwm2m-client';
import type { Logger } from 'pino';
import type { Config } from './config.ts';

const PREFIX = 'demo-device-';
const COUNT = 3;
const INTERVAL_MS = 2_000;

/** Whether an endpoint's name is one of a simulated device of the app's own. */
export function isDemoEndpoint(endpointName: string): boolean {
  return endpointName.startsWith(PREFIX);
}

/** A newcomer gets something to see; who has devices, or runs a production, does not want it. */
export function wantsDemo({ demo, production }: Config, hasRealEndpoints: boolean): boolean {
  return demo ?? (!production && !hasRealEndpoints);
}

/** Starts simulated devices that report to the app's own CoAP port, as any device would: over UDP. */
export function startDemo(host: string, port: number, log: Logger): Promise<SimulatedDevices> {
  return startSimulatedDevices({
    count: COUNT,
    serverHost: host,
    serverPort: port,
    endpointName: (index) => `${PREFIX}${String(index + 1)}`,
    intervalMs: INTERVAL_MS,
    onTrouble: (endpoint, error) => log.debug({ err: error, endpoint }, 'trouble of a simulated device'),
  });
}
