import { Button } from '@mantine/core';
import { messages } from '../messages.ts';
import styles from './states.module.css';

interface ErrorStateProps {
  readonly error: Error | null;
  /** Older data is still on the page. */
  readonly stale: boolean;
  readonly retrying: boolean;
  readonly onRetry: () => void;
}

export function ErrorState({ error, stale, retrying, onRetry }: ErrorStateProps) {
  return (
    <section className={styles.error} role="alert">
      <div className={styles.errorText}>
        <strong>{messages.error.title}</strong>
        <span>
          {error?.message} {stale && messages.error.stale}
        </span>
      </div>
      <Button variant="default" loading={retrying} onClick={onRetry}>
        {messages.error.retry}
      </Button>
    </section>
  );
}
