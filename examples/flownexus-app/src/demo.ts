import { Lwm2mClientError, type SimulatedDevices, startSimulatedDevices } from '@flownexus/lwm2m-client';
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

function isRefusal(error: Error): boolean {
  return error instanceof Lwm2mClientError && error.code === 'ERR_LWM2M_CLIENT_REFUSED';
}

/** A device that was registered before tries again after the time that the client has for it. */
function refused(wasRegistered: boolean): string {
  return wasRegistered
    ? 'a simulated device was refused: what is refused to register is tried again after ten minutes'
    : 'a simulated device was refused: it tries again when the app starts the next time';
}

/** Starts simulated devices that report to the app's own CoAP port, as any device would: over UDP. */
export function startDemo(host: string, port: number, log: Logger): Promise<SimulatedDevices> {
  const registered = new Set<string>();
  return startSimulatedDevices({
    count: COUNT,
    serverHost: host,
    serverPort: port,
    endpointName: (index) => `${PREFIX}${String(index + 1)}`,
    intervalMs: INTERVAL_MS,
    onRegistered: (endpoint) => registered.add(endpoint),
    onTrouble: (endpoint, error) => {
      if (isRefusal(error)) log.warn({ endpoint, reason: error.message }, refused(registered.has(endpoint)));
      else log.debug({ err: error, endpoint }, 'trouble of a simulated device');
    },
  });
}
