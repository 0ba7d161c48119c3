import { startForeignClient } from './foreign-client.ts';
import { type Command, ForeignProgram } from './foreign-program.ts';
import type { ForeignPeer, Settings } from './peer.ts';
import { PERIOD_MS, SEPARATE_MS } from './udp-environment.ts';

/** Where the programs of a stack are. */
export interface Programs {
  readonly client: Command;
  readonly server: Command;
}

/** The parts of a peer whose client and server talk to the tests in lines. */
export function programPeer({ client, server }: Programs): Pick<ForeignPeer, 'startClient' | 'startServer'> {
  return {
    startClient: (settings) => startForeignClient(withArguments(client, timing(settings))),
    async startServer(settings) {
      const numbers = { ...timing(settings), period: PERIOD_MS, separate: SEPARATE_MS };
      const { program, first } = await ForeignProgram.start(withArguments(server, numbers), () => undefined);
      return { port: Number(first.split(' ')[1]), stop: () => program.stop() };
    },
  };
}

function timing({ ackTimeoutMs, maxRetransmit }: Settings): Record<string, number> {
  return { 'ack-timeout': ackTimeoutMs, 'max-retransmit': maxRetransmit };
}

function withArguments(command: Command, numbers: Readonly<Record<string, number>>): Command {
  const args = Object.entries(numbers).flatMap(([name, value]) => [`--${name}`, String(value)]);
  return { ...command, args: [...command.args, ...args] };
}
