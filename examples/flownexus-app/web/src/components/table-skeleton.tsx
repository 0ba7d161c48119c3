import { Skeleton } from '@mantine/core';
import { messages } from '../messages.ts';
import styles from './table.module.css';

const ROWS = [0, 1, 2, 3, 4];

export function TableSkeleton() {
  return (
    <div className={styles.skeleton} role="status" aria-label={messages.table.loading}>
      {ROWS.map((row) => (
        <Skeleton key={row} height={20} />
      ))}
    </div>
  );
}
