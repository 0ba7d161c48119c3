import { Pagination } from '@mantine/core';
import { messages } from '../messages.ts';
import styles from './table.module.css';

const { table } = messages;

export function TablePages({ page, pages, onPage }: { page: number; pages: number; onPage: (page: number) => void }) {
  return (
    <nav className={styles.pages} aria-label={table.pages}>
      <Pagination
        value={page}
        total={pages}
        onChange={onPage}
        size="sm"
        getItemProps={(number) => ({ 'aria-label': table.page(number) })}
        getControlProps={(control) => ({ 'aria-label': control === 'previous' ? table.previous : table.next })}
      />
    </nav>
  );
}
