// The whole app, a process of its own, on free ports of the loopback.
import { once } from 'node:events';
import { startFlowNexus } from '../../examples/flownexus-app/src/app.ts';
import { readConfig } from '../../examples/flownexus-app/src/config.ts';
import { answerParent } from '../parent.ts';
import type { AppMessage, AppOrder, AppQuestion } from './orders.ts';

const tell: (message: AppMessage) => void = answerParent();
const [order] = (await once(process, 'message')) as [AppOrder];
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
process.on('message', (question: AppQuestion) => {
  if (question === 'used') {
    const { user, system } = process.cpuUsage();
    tell({
      kind: 'used',
      cpuMicros: user + system,
      rss: process.memoryUsage.rss(),
      maxRss: process.resourceUsage().maxRSS * 1024,
    });
  } else void app.stop().then(() => tell({ kind: 'stopped' }));
});
tell({ kind: 'listening', port: app.coapAddress.port });
