import { memo, useId, type ReactNode } from 'react';
import { Checkbox } from '@mantine/core';
import type { EndpointItem } from '../../../src/http/api-types.ts';
import type { LatestStore } from '../endpoints/latest-store.ts';
import { modelText, type SortKey } from '../endpoints/list.ts';
import { MAX_SELECTED } from '../endpoints/selection.ts';
import { temperaturePaths } from '../endpoints/temperature.ts';
import { messages } from '../messages.ts';
import { duration } from '../text/time.ts';
import { LineSample } from './chart-legend.tsx';
import { EndpointName } from './endpoint-name.tsx';
import { LastUpdated } from './last-updated.tsx';
import { LatestTemperature } from './latest-temperature.tsx';
import styles from './table.module.css';
import { Unknown } from './unknown.tsx';

const { table } = messages;

interface EndpointRowProps {
  readonly endpoint: EndpointItem;
  readonly latest: LatestStore;
  readonly checked: boolean;
  /** No more endpoints can be ticked. */
  readonly full: boolean;
  /** Its line in the chart. */
  readonly slot: number | undefined;
  readonly onToggle: (name: string) => void;
}

export const EndpointRow = memo(function EndpointRow(props: EndpointRowProps) {
  const { endpoint, latest, checked, full, slot, onToggle } = props;
  const { name, registered } = endpoint;
  const id = useId();
  const hasTemperature = temperaturePaths(endpoint).length > 0;
  const hint = !hasTemperature ? table.noTemperature : full ? table.full(MAX_SELECTED) : undefined;
  return (
    <tr role="row" data-selected={checked || undefined}>
      <th role="rowheader" scope="row" className={styles.name}>
        <div className={styles.nameBox}>
          <Checkbox
            id={id}
            size="xs"
            checked={checked}
            disabled={!checked && hint !== undefined}
            title={hint}
            aria-label={table.showInChart(name)}
            onChange={() => onToggle(name)}
          />
          <label htmlFor={id} className={styles.nameText} title={name}>
            <EndpointName name={name} />
          </label>
          {endpoint.demo && (
            <span className={styles.demo} title={table.demoHint}>
              {table.demo}
            </span>
          )}
          {slot !== undefined && <LineSample slot={slot} />}
        </div>
      </th>
      <Cell column="status">
        <span className={styles.badge} data-registered={registered}>
          {registered ? table.registered : table.offline}
        </span>
      </Cell>
      <Cell column="temperature">
        <LatestTemperature store={latest} endpoint={name} />
      </Cell>
      <Cell column="lastUpdated">
        <LastUpdated time={endpoint.lastUpdated} />
      </Cell>
      <Cell column="model">
        <Text text={modelText(endpoint)} />
      </Cell>
      <Cell column="serialNumber">
        <Text text={endpoint.serialNumber} />
      </Cell>
      <Cell column="firmwareVersion">
        <Text text={endpoint.firmwareVersion} />
      </Cell>
      <Cell column="address">
        <Text text={endpoint.address} />
      </Cell>
      <Cell column="security">
        <span title={table.securityHints[endpoint.security]}>{table.securityModes[endpoint.security]}</span>
      </Cell>
      <Cell column="lifetime">
        <span title={table.lifetimeHint(endpoint.lifetime)}>{duration(endpoint.lifetime)}</span>
      </Cell>
    </tr>
  );
});

function Cell({ column, children }: { column: SortKey; children: ReactNode }) {
  return (
    <td role="cell" className={styles[column]} data-label={table.columns[column]}>
      {children}
    </td>
  );
}

function Text({ text }: { text: string | null }) {
  if (text === null || text === '') return <Unknown />;
  return (
    <span className={styles.text} title={text}>
      {text}
    </span>
  );
}
