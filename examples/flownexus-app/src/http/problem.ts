import { z } from 'zod';

const issue = z.object({
  path: z.string().meta({ description: 'Such as `body.key` or `query.limit`' }),
  message: z.string(),
});

/** The body of every answer of 400 and above: the problem details of RFC 9457. */
export const problemSchema = z
  .object({
    type: z.string().meta({ description: '`urn:flownexus:problem:<code>`, stable, for programs' }),
    title: z.string().meta({ description: 'What the code means' }),
    status: z.int(),
    detail: z.string().meta({ description: 'What happened, for people' }),
    errors: z.array(issue).readonly().optional().meta({ description: 'Where the input is wrong' }),
  })
  .meta({ id: 'Problem' });

export type ProblemIssue = z.infer<typeof issue>;
export type Problem = z.infer<typeof problemSchema>;
