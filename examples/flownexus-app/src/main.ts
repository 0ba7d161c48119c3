import { type FlowNexus, startFlowNexus } from './app.ts';
import { type Config, readConfig } from './config.ts';
import { limits } from './limits.ts';
import { StartError } from './start-error.ts';

/** One line on stderr and exit code 1 for what the operator can mend; a stack for what only we can. */
function fail(error: unknown): never {
  const text =
    error instanceof StartError
      ? error.message
      : error instanceof Error
        ? (error.stack ?? error.message)
        : String(error);
  process.stderr.write(`FlowNexus: ${text}\n`);
  process.exit(1);
}

async function main(): Promise<void> {
  const config = readConfig(process.env);
  const app = await startFlowNexus(config, { onFatal: fail });
  process.stdout.write(`${greeting(app, config).join('\n')}\n`);

  let stopping = false;
  const stop = (signal: NodeJS.Signals): void => {
    // Who asks twice does not want to wait.
    if (stopping) process.exit(1);
    stopping = true;
    process.stdout.write(`FlowNexus stops (${signal}).\n`);
    setTimeout(() => fail(new StartError('stopping has taken too long')), limits.stopMs).unref();
    app.stop().then(
      () => process.exit(0),
      // The reasons are in the log.
      (error: unknown) => fail(new StartError(error instanceof Error ? error.message : String(error))),
    );
  };
  process.on('SIGINT', stop);
  process.on('SIGTERM', stop);
}

/** What whoever started it wants to know. */
function greeting(app: FlowNexus, config: Config): string[] {
  const lines = [`FlowNexus is running: ${app.httpUrl}`];
  if (app.firstPassword !== undefined) {
    lines.push(`Sign in as admin with the password ${app.firstPassword}, which is shown this once.`);
  }
  lines.push(
    `LwM2M listens on ${app.coapUrl}`,
    `LwM2M over DTLS listens on ${app.coapsUrl}`,
    `Bootstrap listens on ${app.bootstrapUrls.join(' and ')}`,
  );
  if (app.leshanUrls.length > 0) {
    lines.push(`The interface of Leshan is open to everybody on this machine: ${app.leshanUrls.join(' and ')}`);
  }
  if (app.demo) lines.push('Three simulated devices report every 2 seconds; FLOWNEXUS_DEMO=0 starts without them.');
  else if (config.demo === undefined) {
    const reason = config.production ? 'this is production' : 'the database knows real endpoints';
    lines.push(`No simulated devices, since ${reason}; FLOWNEXUS_DEMO=1 starts them.`);
  }
  return lines;
}

// What nobody expected leaves the process in a state that nobody knows: whatever was acknowledged is on the disk.
process.on('uncaughtException', fail);
process.on('unhandledRejection', fail);
main().catch(fail);
