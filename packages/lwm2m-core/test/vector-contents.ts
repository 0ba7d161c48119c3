import type { AttributeChanges, ExecuteArgument, ResourceType, ResourceValue } from '@flownexus/lwm2m-core';
import { fromHex } from './hex.ts';

/* What is in the vectors that do not say it themselves, by their names. */

export const ATTRIBUTE_CONTENTS: Readonly<Record<string, AttributeChanges>> = {
  'attr-pmin': { pmin: null },
  'attr-pmax=60': { pmax: 60 },
  'attr-epmin=30': { epmin: 30 },
  'attr-gt=60': { gt: 60 },
  'attr-st=60.55': { st: 60.55 },
  'attr-pmin&pmax=60&gt=2': { pmin: null, pmax: 60, gt: 2 },
  'attr-incons-pmin=10&pmax=5': { pmin: 10, pmax: 5 },
};

export const ARGUMENT_CONTENTS: Readonly<Record<string, readonly ExecuteArgument[]>> = {
  'exec-empty': [],
  'exec-5': [{ digit: 5, value: undefined }],
  "exec-2='10.3'": [{ digit: 2, value: '10.3' }],
  "exec-3='stringValue',4": [
    { digit: 3, value: 'stringValue' },
    { digit: 4, value: undefined },
  ],
  "exec-3=''": [{ digit: 3, value: '' }],
};

/** Targets with their attributes. */
export const LINK_CONTENTS: Readonly<
  Record<string, readonly (readonly [target: string, attributes?: Readonly<Record<string, string | true>>])[]>
> = {
  'link-register-leshan': [
    ['/', { rt: 'oma.lwm2m', ct: '60 110 112 11542 11543' }],
    ['/1', { ver: '1.1' }],
    ['/1/0'],
    ['/3', { ver: '1.2' }],
    ['/3/0'],
  ],
  'link-register-zephyr': [
    ['/', { ct: '112' }],
    ['/1', { ver: '1.1' }],
    ['/1/0'],
    ['/3', { ver: '1.0' }],
    ['/3/0'],
    ['/5/0'],
    ['/3303/0'],
  ],
  'link-register-ver-instance': [['/1/0'], ['/1/1'], ['/3/0'], ['/44/0', { ver: '2.2' }]],
  'link-register-ver-quoted': [['/1', { ver: '1.1' }], ['/1/0']],
  'link-register-alt': [['/lwm2m', { rt: 'oma.lwm2m' }], ['/lwm2m/1/0'], ['/lwm2m/3/0'], ['/lwm2m/5']],
  'link-discover-attrs': [['/3/0/7', { pmin: '10', pmax: '200', dim: '2', lt: '1', gt: '6', st: '1' }]],
  'link-bracket-quote': [['/foo', { param: 'bar"baz' }]],
  'link-comma-in-quote': [['/0/0', { uri: 'coaps://h/a,b;c' }], ['/3/0']],
  'link-attr-3-0-11-dim-255': [['/3/0/11', { dim: '255' }]],
  'link-attr-0-1-ssid-1': [['/0/1', { ssid: '1' }]],
};

/** The type that is declared, and the value unless the text is none of that type. */
export const TEXT_CONTENTS: Readonly<Record<string, readonly [ResourceType, ResourceValue?]>> = {
  'text-string': ['string', 'Open Mobile Alliance'],
  'text-float': ['float', 6.667e-11],
  'text-bool1': ['boolean', true],
  'text-bool0': ['boolean', false],
  'text-opaque': ['opaque', Uint8Array.of(1, 2, 3, 4, 5)],
  'text-objlnk': ['objlnk', { objectId: 10, objectInstanceId: 65535 }],
  'text-bad-int-empty': ['integer'],
  'text-bad-int-alpha': ['integer'],
  'text-bad-bool-true': ['boolean'],
  'text-bad-b64': ['opaque'],
  'text-bad-objlnk-range': ['objlnk'],
};

/** Values of CBOR with tags or without a decoding: what they are when nothing is declared. */
export const CBOR_CONTENTS: Readonly<Record<string, readonly [ResourceType, ResourceValue]>> = {
  'cbor-reject-60': ['opaque', fromHex('0102030405')],
  'cbor-reject-61': ['string', 'streaming'],
  'cbor-77': ['time', 1363896240],
  'cbor-78': ['time', 1363896240],
  'cbor-79': ['time', 1363896240.5],
  'cbor-80': ['opaque', fromHex('01020304')],
  'cbor-81': ['opaque', fromHex('6449455446')],
  'zephyr-cbor-time-tag0': ['time', 1],
};

/** Values of TLV with the type that they are an example of. */
export const TLV_CONTENTS: Readonly<Record<string, readonly [ResourceType, ResourceValue]>> = {
  'tlv-type-int32': ['integer', 2147483647],
  'tlv-type-int64': ['integer', 9223372036854775807n],
  'tlv-type-int64min': ['integer', -9223372036854775808n],
  'tlv-type-float32': ['float', 1.5],
  'tlv-type-float64': ['float', 1.5],
  'tlv-type-time': ['time', 1367491215],
};

/** The values of payloads that have none. */
export const EMPTY: ReadonlySet<string> = new Set(['lwcbor-bad-inner-empty-map', 'senml-cbor-empty-payload']);
