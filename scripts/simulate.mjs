// npm run simulate: builds what is stale, then is the simulator.
import { buildPackages } from './build-packages.mjs';

buildPackages('packages/lwm2m-client');
await import('../packages/lwm2m-client/dist/simulator/cli.js');
