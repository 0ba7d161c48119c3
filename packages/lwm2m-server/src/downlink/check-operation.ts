import {
  ContentFormat,
  encodeChanges,
  encodePathList,
  encodePayload,
  formatAttributes,
  formatExecuteArguments,
  parsePath,
  type Lwm2mNode,
  type Path,
} from '@flownexus/lwm2m-core';
import { compositePaths } from './composite.ts';
import { checkDepth } from './discover.ts';
import type { Operation } from './operation.ts';
import { checkFormatNumber, checkRequest } from './raw-request.ts';
import { readablePath, targetPath } from './target.ts';
import { checkChanges } from './write-composite.ts';
import { checkLevel } from './write.ts';

/**
 * Throws for an operation that can never be sent to any device: a path that does not parse or is of a level that the operation
 * has no form for, values that are not of their types, attributes and arguments that have no form. What a device ought to refuse
 * passes.
 *
 * @throws RangeError, TypeError
 * @throws Lwm2mError for a path that does not parse, and for what the wanted Content-Format has no form for
 */
export function checkOperation(operation: Operation): void {
  switch (operation.kind) {
    case 'read':
      parsePath(operation.path);
      checkFormatNumber(operation.accept);
      return;
    case 'write': {
      const { mode, node, path, contentFormat } = operation;
      const target = targetPath(path, mode === 'replace' ? 'write' : 'update');
      checkLevel(node, target);
      checkForm(node, target, contentFormat);
      return;
    }
    case 'writeAttributes':
      targetPath(operation.path, 'writeAttributes');
      formatAttributes(operation.attributes);
      return;
    case 'execute':
      targetPath(operation.path, 'execute');
      formatExecuteArguments(operation.arguments ?? []);
      return;
    case 'create':
      checkForm(operation.instance, targetPath(operation.path, 'create'), operation.contentFormat);
      return;
    case 'delete':
      targetPath(operation.path, 'delete');
      return;
    case 'discover':
      parsePath(operation.path);
      checkDepth(operation.depth);
      return;
    case 'observe':
      readablePath(operation.path);
      checkFormatNumber(operation.accept);
      formatAttributes(operation.attributes ?? {});
      return;
    case 'readComposite':
    case 'observeComposite':
      encodePathList(compositePaths(operation.paths), operation.contentFormat ?? ContentFormat.SENML_CBOR);
      checkFormatNumber(operation.accept);
      if (operation.kind === 'observeComposite') formatAttributes(operation.attributes ?? {});
      return;
    case 'writeComposite':
      checkChanges(operation.changes);
      encodeChanges(operation.changes, operation.contentFormat ?? ContentFormat.SENML_ETCH_CBOR);
      checkFormatNumber(operation.accept);
      return;
    case 'cancelObservation':
      if (operation.composite) compositePaths(operation.paths);
      else if (operation.paths.length === 1) operation.paths.forEach(readablePath);
      else throw new RangeError('an observation that is not composite is of one path');
      return;
    case 'request':
      checkRequest(operation);
      return;
    default:
      // A caller without a compiler.
      throw new TypeError('an operation of no kind that there is');
  }
}

/** LwM2M CBOR has a form for whatever node there is. */
function checkForm(node: Lwm2mNode, path: Path, contentFormat: number | undefined): void {
  encodePayload(node, contentFormat ?? ContentFormat.LWM2M_CBOR, path);
}
