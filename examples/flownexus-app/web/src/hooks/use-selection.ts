import { useCallback, useMemo, useState } from 'react';
import type { EndpointItem } from '../../../src/http/api-types.ts';
import { defaultSelection, toggle } from '../endpoints/selection.ts';

/** The endpoints in the chart: a default until someone chooses. */
export function useSelection(endpoints: readonly EndpointItem[]): {
  readonly selected: readonly string[];
  readonly toggleSelected: (name: string) => void;
} {
  const [proposed, setProposed] = useState<readonly string[]>([]);
  const [chosen, setChosen] = useState<readonly string[]>();
  if (chosen === undefined) {
    const next = defaultSelection(proposed, endpoints);
    if (next !== proposed) setProposed(next);
  }
  const toggleSelected = useCallback(
    (name: string) => setChosen((names) => toggle(names ?? proposed, name)),
    [proposed],
  );
  const selected = useMemo(() => {
    const known = new Set(endpoints.map(({ name }) => name));
    return (chosen ?? proposed).filter((name) => known.has(name));
  }, [endpoints, chosen, proposed]);
  return { selected, toggleSelected };
}
