import { StartError } from '../start-error.ts';

/** Runs a command of the command line with its arguments, and prints the lines that it gives. One line on stderr and exit code 1 for what the operator can mend. */
export function runCommand(main: (given: readonly string[]) => Promise<readonly string[]>): void {
  main(process.argv.slice(2)).then(
    (lines) => {
      for (const line of lines) process.stdout.write(`${line}\n`);
    },
    (error: unknown) => {
      const text = error instanceof StartError ? error.message : error instanceof Error ? (error.stack ?? error.message) : String(error); // prettier-ignore
      process.stderr.write(`FlowNexus: ${text}\n`);
      process.exitCode = 1;
    },
  );
}
