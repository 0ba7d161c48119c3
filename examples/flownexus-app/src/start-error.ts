/** The app can not start, for a reason that its operator can mend. The message is one line and complete. */
export class StartError extends Error {
  override readonly name = 'StartError';
}
