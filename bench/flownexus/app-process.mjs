// The whole app as it is installed, compiled, a process of its own on free ports of the loopback. What is said is in `orders.ts`.
import { once } from 'node:events';
import { startFlowNexus } from '../../examples/flownexus-app/dist/app.js';
import { readConfig } from '../../examples/flownexus-app/dist/config.js';

const tell = (message) => process.send?.(message);
process.on('uncaughtException', (error) => {
  tell({ kind: 'failed', reason: error.message });
  process.disconnect();
});
process.on('disconnect', () => process.exit());

const [order] = await once(process, 'message');
const app = await startFlowNexus({
  ...readConfig({}),
  httpPort: 0,
  coapPort: 0,
  coapHost: '127.0.0.1',
  coapsPort: 0,
  bootstrapPort: 0,
  bootstrapsPort: 0,
  dataDirectory: order.dataDirectory,
  databaseUrl: order.url,
  demo: false,
  logLevel: 'fatal',
});
process.on('message', (question) => {
  if (question === 'used') {
    const { user, system } = process.cpuUsage();
    const maxRss = process.resourceUsage().maxRSS * 1024;
    tell({ kind: 'used', cpuMicros: user + system, rss: process.memoryUsage.rss(), maxRss });
  } else void app.stop().then(() => tell({ kind: 'stopped' }));
});
tell({ kind: 'listening', port: app.coapAddress.port });
