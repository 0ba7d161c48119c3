import { z } from 'zod';
import { endpointName } from '../http/schemas.ts';
import { limits } from '../limits.ts';

/** Which endpoints something is about. */
export const endpointFilterSchema = z
  .strictObject({
    names: z.array(endpointName).min(1).max(limits.filterNames).readonly().optional().meta({ description: 'These endpoints' }), // prettier-ignore
    prefix: endpointName.optional().meta({ description: 'Endpoints whose names begin so' }),
  })
  .refine(({ names, prefix }) => names !== undefined || prefix !== undefined, 'expected names, a prefix, or both')
  .meta({ id: 'EndpointFilter', description: 'Endpoints by name, or by what their names begin with; absent: all' });
export type EndpointFilter = z.infer<typeof endpointFilterSchema>;

/** Makes the test whether an endpoint is one of them. */
export function compileEndpointFilter(filter: EndpointFilter | undefined): (endpoint: string) => boolean {
  if (filter === undefined) return () => true;
  const names = new Set(filter.names);
  const { prefix } = filter;
  return (endpoint) => names.has(endpoint) || (prefix !== undefined && endpoint.startsWith(prefix));
}
