import type { Clock } from '@flownexus/datagram';
import { Router, type CoapEndpointOptions, type RouterOptions } from '../../src/index.ts';
import { World } from './world.ts';

export interface RoutedWorld {
  readonly world: World;
  readonly router: Router;
}

/** A world whose endpoint answers by a router, on the same clock. */
export async function routedWorld(
  build: (router: Router) => void,
  { endpoint = {}, ...options }: RouterOptions & { readonly endpoint?: Partial<CoapEndpointOptions> } = {},
): Promise<RoutedWorld> {
  let world: World | undefined = undefined;
  const now = (): Clock => world!.clock;
  const clock: Clock = {
    now: () => now().now(),
    wallTime: () => now().wallTime(),
    schedule: (delayMs, callback) => now().schedule(delayMs, callback),
  };
  const router = new Router({ clock, ...options });
  build(router);
  world = await World.open({ ...endpoint, onRequest: router });
  return { world, router };
}
