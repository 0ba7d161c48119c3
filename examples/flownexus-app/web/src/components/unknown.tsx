import { messages } from '../messages.ts';
import styles from './table.module.css';

/** Stands where a value isn't known. */
export function Unknown() {
  return (
    <span className={styles.unknown} title={messages.table.unknown} aria-label={messages.table.unknown} role="img">
      –
    </span>
  );
}
