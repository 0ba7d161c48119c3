import { withoutRoot } from './path.ts';
import type { PatternSegment } from './pattern.ts';

/** The patterns that have a beginning in common. */
interface Node<T> {
  literals: Map<string, Node<T>> | undefined;
  parameter: Node<T> | undefined;
  /** The value of a pattern that ends here. */
  value: T | undefined;
  /** The value of a pattern whose rest begins here. */
  rest: T | undefined;
}

/**
 * Finds the pattern that a path matches, segment by segment: a literal wins over a parameter and that over a rest, the
 * earlier the segment the more it counts. A search visits no more nodes than there are.
 */
export class RouteTree<T> {
  readonly #root: Node<T> = emptyNode();

  /** The value of a pattern. Patterns that differ in the names of parameters only are one. */
  get(pattern: readonly PatternSegment[]): T | undefined {
    const { node, isRest } = this.#place(pattern);
    return isRest ? node.rest : node.value;
  }

  set(pattern: readonly PatternSegment[], value: T): void {
    const { node, isRest } = this.#place(pattern);
    if (isRest) node.rest = value;
    else node.value = value;
  }

  /** The value of the pattern that a path matches. */
  find(path: readonly string[]): T | undefined {
    return search(this.#root, withoutRoot(path), 0);
  }

  #place(pattern: readonly PatternSegment[]): { readonly node: Node<T>; readonly isRest: boolean } {
    let node = this.#root;
    for (const segment of pattern) {
      if (segment.kind === 'rest') return { node, isRest: true };
      node = child(node, segment);
    }
    return { node, isRest: false };
  }
}

function emptyNode<T>(): Node<T> {
  return { literals: undefined, parameter: undefined, value: undefined, rest: undefined };
}

function child<T>(node: Node<T>, segment: PatternSegment): Node<T> {
  if (segment.kind !== 'literal') return (node.parameter ??= emptyNode());
  node.literals ??= new Map<string, Node<T>>();
  let next = node.literals.get(segment.text);
  if (next === undefined) node.literals.set(segment.text, (next = emptyNode()));
  return next;
}

function search<T>(node: Node<T>, path: readonly string[], index: number): T | undefined {
  const segment = path[index];
  if (segment === undefined) return node.value;
  const literal = node.literals?.get(segment);
  let found = literal === undefined ? undefined : search(literal, path, index + 1);
  if (found === undefined && node.parameter !== undefined) found = search(node.parameter, path, index + 1);
  return found ?? node.rest;
}
