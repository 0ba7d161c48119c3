import { endpointNameProblem } from '@flownexus/lwm2m-server';
import { z } from 'zod';
import { endpointName } from '../http/schemas.ts';

/** The name of an endpoint that may register. */
export const registrableName = endpointName.check((context) => {
  const problem = endpointNameProblem(context.value);
  if (problem !== undefined) context.issues.push({ code: 'custom', message: problem, input: context.value });
});

/** `{name}` of a path, of an endpoint that may not have registered yet. */
export const registrableParams = z.object({
  name: registrableName.meta({ description: 'The endpoint name, percent-encoded' }),
});
