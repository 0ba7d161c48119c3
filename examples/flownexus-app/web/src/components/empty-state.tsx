import { Button } from '@mantine/core';
import { useClipboard } from '@mantine/hooks';
import app from '../app.module.css';
import { messages } from '../messages.ts';
import styles from './states.module.css';

const { empty } = messages;

export function EmptyState() {
  const clipboard = useClipboard({ timeout: 2000 });
  return (
    <section className={`${app.panel} ${styles.empty}`} id="endpoints" aria-labelledby="empty-title">
      <svg width="72" height="48" viewBox="0 0 72 48" fill="none" aria-hidden="true" className={styles.picture}>
        <path
          d="M4 34c9 0 9-22 18-22s9 22 18 22 9-14 16-14"
          stroke="currentColor"
          strokeWidth="3"
          strokeLinecap="round"
        />
        <circle cx="62" cy="20" r="6" stroke="currentColor" strokeWidth="3" strokeDasharray="4 5" />
      </svg>
      <h2 className={styles.title} id="empty-title">
        {empty.title}
      </h2>
      <p className={styles.text}>{empty.text}</p>
      <div className={styles.command}>
        <code>{empty.command}</code>
        {/* Browsers have a clipboard on https and on localhost only. */}
        {window.isSecureContext && (
          <Button
            variant="default"
            size="compact-sm"
            title={empty.copyHint}
            onClick={() => clipboard.copy(empty.command)}
          >
            {clipboard.copied ? empty.copied : empty.copy}
          </Button>
        )}
      </div>
      <p className={styles.text}>{empty.real(window.location.hostname)}</p>
    </section>
  );
}
