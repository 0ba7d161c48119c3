/** Nothing more can be taken: too much waits already, or the database is being closed. */
export class CommitRefusedError extends Error {
  override readonly name = 'CommitRefusedError';
}
