import { limits } from '../limits.ts';
import { wrongJson, type Form } from './json-form.ts';

/** The JSON text of a value of a form. @throws RangeError when it has more characters than `maxLength` */
export function formatText<T>(form: Form<T>, value: T, maxLength: number): string {
  const text = JSON.stringify(form.format(value));
  if (text.length <= maxLength) return text;
  throw new RangeError(`the text of it has more than ${maxLength} characters`);
}

/** Reads a value of a form from its JSON text. @throws Lwm2mServerError `ERR_LWM2M_SERVER_OPERATION` for any other text */
export function parseText<T>(form: Form<T>, text: string, maxLength: number): T {
  if (text.length > maxLength) throw wrongJson(`at most ${maxLength} characters`, '');
  if (depthOf(text) > limits.maxOperationTextDepth) {
    throw wrongJson(`at most ${limits.maxOperationTextDepth} arrays and objects within each other`, '');
  }
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    throw wrongJson('JSON', '');
  }
  return form.parse(json, '');
}

/** How many arrays and objects are within each other in a JSON text; of other text any number. */
function depthOf(text: string): number {
  let depth = 0;
  let deepest = 0;
  let isInString = false;
  for (let index = 0; index < text.length; index += 1) {
    const character = text[index];
    if (isInString) {
      if (character === '\\') index += 1;
      else if (character === '"') isInString = false;
    } else if (character === '"') isInString = true;
    else if (character === '[' || character === '{') deepest = Math.max(deepest, ++depth);
    else if (character === ']' || character === '}') depth -= 1;
  }
  return deepest;
}
