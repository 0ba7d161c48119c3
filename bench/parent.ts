/**
 * What a process that a `Child` has made tells with: messages to who made it. What it throws and nobody catches is told as a failure, and it ends when nobody
 * listens any more.
 */
export function answerParent(): (message: object) => void {
  const tell = (message: object): void => {
    process.send?.(message);
  };
  process.on('uncaughtException', (error) => {
    tell({ kind: 'failed', reason: error.message });
    process.disconnect();
  });
  process.on('disconnect', () => process.exit());
  return tell;
}
