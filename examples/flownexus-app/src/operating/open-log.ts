import { destination, type DestinationStream, type Logger, pino } from 'pino';
import { redacted, redactedText } from './redact.ts';

/**
 * The log of the app: lines of JSON, by default to stderr, as stdout is for people. Whatever is logged goes through {@link redacted}.
 */
export function openLog(level: string, stream: DestinationStream = destination({ fd: 2, sync: true })): Logger {
  return pino(
    {
      level,
      formatters: { log: (object) => redacted(object) as Record<string, unknown> },
      // The library would make something else of what is made of an error already.
      serializers: { err: (error: unknown) => error },
      hooks: {
        logMethod(args, method) {
          const [first, ...rest] = args as unknown[];
          const all = first instanceof Error && rest.length === 0 ? [{ err: first }, first.message] : args;
          method.apply(this, all.map((each: unknown) => (typeof each === 'string' ? redactedText(each) : each)) as typeof args); // prettier-ignore
        },
      },
    },
    stream,
  );
}

/** Keeps the level of a log as a setting says; null: as the configuration says. Gives the function that ends this. */
export function followLogLevel(
  log: Logger,
  settings: {
    readonly values: { readonly logLevel: string | null };
    onChange(listener: (values: { readonly logLevel: string | null }) => void): () => void;
  },
): () => void {
  const configured = log.level;
  const follow = ({ logLevel }: { readonly logLevel: string | null }): void => {
    log.level = logLevel ?? configured;
  };
  follow(settings.values);
  return settings.onChange(follow);
}
