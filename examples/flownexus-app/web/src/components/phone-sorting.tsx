import { ActionIcon, NativeSelect } from '@mantine/core';
import { SORT_KEYS, type Sorting } from '../endpoints/list.ts';
import { messages } from '../messages.ts';
import { SortIcon } from './icons.tsx';
import styles from './table.module.css';

const { table } = messages;
const CHOICES = SORT_KEYS.map((key) => ({ value: key, label: table.columns[key] }));

/** Sorting where the page is too narrow for a header row. */
export function PhoneSorting({ sorting, onSort }: { sorting: Sorting; onSort: (sorting: Sorting) => void }) {
  const direction = table.sortDirection(sorting.descending);
  return (
    <div className={styles.phoneSorting}>
      <NativeSelect
        aria-label={table.sortBy}
        data={CHOICES}
        value={sorting.key}
        onChange={(event) => {
          const key = SORT_KEYS.find((one) => one === event.currentTarget.value);
          if (key !== undefined) onSort({ ...sorting, key });
        }}
      />
      <ActionIcon
        variant="default"
        size={36}
        aria-label={direction}
        title={direction}
        onClick={() => onSort({ ...sorting, descending: !sorting.descending })}
      >
        <SortIcon direction={sorting.descending ? 'down' : 'up'} />
      </ActionIcon>
    </div>
  );
}
