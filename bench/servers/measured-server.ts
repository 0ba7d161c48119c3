import { ASK_CPU, type ServerMessage } from '../protocol.ts';

/** Tells where the server listens, and from then on its processor time whenever asked. */
export function measured(port: number): void {
  const tell = (message: ServerMessage): void => {
    process.send?.(message);
  };
  process.on('message', (message) => {
    if (message !== ASK_CPU) return;
    const { user, system } = process.cpuUsage();
    tell({ kind: 'cpu', user, system });
  });
  process.on('disconnect', () => process.exit());
  tell({ kind: 'listening', port });
}
