import type { LinkJson, NodeJson, NodesJson } from '@flownexus/lwm2m-core/node-json';
import type { OperationRejectedError } from '@flownexus/lwm2m-server';

/** What a device answered, as a Leshan server says it. */
export interface ResponseJson {
  /** Such as `CONTENT(205)`. */
  readonly status: string;
  /** Whether LwM2M has that code. */
  readonly valid: boolean;
  readonly success: boolean;
  readonly failure: boolean;
  /** Of a Read or Observe the node; of a composite the nodes by their paths. */
  readonly content?: NodeJson | NodesJson;
  /** Of a Discover. */
  readonly objectLinks?: readonly LinkJson[];
  /** Of a Create: such as `/16/1`. */
  readonly location?: string;
  /** The diagnostic of a refusal. */
  readonly errormessage?: string;
}

const NAMES: ReadonlyMap<string, string> = new Map([
  ['201', 'CREATED'],
  ['202', 'DELETED'],
  ['204', 'CHANGED'],
  ['205', 'CONTENT'],
  ['400', 'BAD_REQUEST'],
  ['401', 'UNAUTHORIZED'],
  ['403', 'FORBIDDEN'],
  ['404', 'NOT_FOUND'],
  ['405', 'METHOD_NOT_ALLOWED'],
  ['406', 'NOT_ACCEPTABLE'],
  ['408', 'REQUEST_ENTITY_INCOMPLETE'],
  ['412', 'PRECONDITION_FAILED'],
  ['413', 'REQUEST_ENTITY_TOO_LARGE'],
  ['415', 'UNSUPPORTED_CONTENT_FORMAT'],
  ['500', 'INTERNAL_SERVER_ERROR'],
]);

/** An answer with a code such as `2.05`, and what came with it. */
export function responseJson(
  responseCode: string,
  details: Pick<ResponseJson, 'content' | 'objectLinks' | 'location' | 'errormessage'> = {},
): ResponseJson {
  const number = responseCode.replace('.', '');
  const name = NAMES.get(number);
  const success = number.startsWith('2');
  return {
    status: `${name ?? 'UNKNOWN'}(${number})`,
    valid: name !== undefined,
    success,
    failure: !success,
    ...details,
  };
}

/** The answer of a device that refused. */
export function rejectionJson({ responseCode, diagnostic }: OperationRejectedError): ResponseJson {
  return responseJson(responseCode, diagnostic === undefined ? {} : { errormessage: diagnostic });
}
