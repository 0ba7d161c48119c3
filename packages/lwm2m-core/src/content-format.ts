/** The Content-Format numbers that LwM2M uses (TS Core §7.4, IANA CoAP Content-Formats). */
export const ContentFormat = {
  TEXT: 0,
  LINK_FORMAT: 40,
  OPAQUE: 42,
  CBOR: 60,
  SENML_JSON: 110,
  SENML_CBOR: 112,
  SENML_ETCH_JSON: 320,
  SENML_ETCH_CBOR: 322,
  TLV: 11542,
  OMA_JSON: 11543,
  LWM2M_CBOR: 11544,
} as const;
export type ContentFormat = (typeof ContentFormat)[keyof typeof ContentFormat];

/** What is known of one Content-Format. */
export interface ContentFormatDescription {
  readonly number: number;
  /** A short name for people. */
  readonly name: string;
  readonly mediaType: string;
  /** The LwM2M versions that define it; none for the numbers used before the registration with IANA. */
  readonly lwm2mVersions: readonly ('1.0' | '1.1' | '1.2')[];
  /** `one` holds a single value, `many` a tree of values, `none` no values but links or operations. */
  readonly values: 'one' | 'many' | 'none';
  /** Whether a payload is UTF-8 text. */
  readonly text: boolean;
  /** The registered number that a number from before the registration stands for. */
  readonly aliasOf: ContentFormat | undefined;
}

type Row = readonly [
  number: number,
  name: string,
  mediaType: string,
  lwm2mVersions: '' | '1.0 1.1 1.2' | '1.1 1.2' | '1.2',
  values: 'one' | 'many' | 'none',
  kind: 'text' | 'binary',
  aliasOf?: ContentFormat,
];

/* prettier-ignore */
const ROWS: readonly Row[] = [
  [0,     'text',            'text/plain;charset=utf-8',         '1.0 1.1 1.2', 'one',  'text'],
  [40,    'link-format',     'application/link-format',          '1.0 1.1 1.2', 'none', 'text'],
  [42,    'opaque',          'application/octet-stream',         '1.0 1.1 1.2', 'one',  'binary'],
  [60,    'CBOR',            'application/cbor',                 '1.1 1.2',     'one',  'binary'],
  [110,   'SenML JSON',      'application/senml+json',           '1.1 1.2',     'many', 'text'],
  [112,   'SenML CBOR',      'application/senml+cbor',           '1.1 1.2',     'many', 'binary'],
  [320,   'SenML-ETCH JSON', 'application/senml-etch+json',      '1.2',         'none', 'text'],
  [322,   'SenML-ETCH CBOR', 'application/senml-etch+cbor',      '1.2',         'none', 'binary'],
  [11542, 'TLV',             'application/vnd.oma.lwm2m+tlv',    '1.0 1.1 1.2', 'many', 'binary'],
  [11543, 'OMA JSON',        'application/vnd.oma.lwm2m+json',   '1.0 1.1 1.2', 'many', 'text'],
  [11544, 'LwM2M CBOR',      'application/vnd.oma.lwm2m+cbor',   '1.2',         'many', 'binary'],
  [1541,  'text (1541)',     'application/vnd.oma.lwm2m+text',   '',            'one',  'text',   ContentFormat.TEXT],
  [1542,  'TLV (1542)',      'application/vnd.oma.lwm2m+tlv',    '',            'many', 'binary', ContentFormat.TLV],
  [1543,  'OMA JSON (1543)', 'application/vnd.oma.lwm2m+json',   '',            'many', 'text',   ContentFormat.OMA_JSON],
];

const VERSIONS = { '': [], '1.0 1.1 1.2': ['1.0', '1.1', '1.2'], '1.1 1.2': ['1.1', '1.2'], '1.2': ['1.2'] } as const;

/** Every Content-Format that LwM2M uses or used. */
export const CONTENT_FORMATS: readonly ContentFormatDescription[] = ROWS.map(
  ([number, name, mediaType, lwm2mVersions, values, kind, aliasOf]) =>
    Object.freeze({
      number,
      name,
      mediaType,
      lwm2mVersions: VERSIONS[lwm2mVersions],
      values,
      text: kind === 'text',
      aliasOf,
    }),
);

const byNumber = new Map(CONTENT_FORMATS.map((description) => [description.number, description]));

/** What is known of a Content-Format number, or undefined when LwM2M does not use it. */
export function describeContentFormat(contentFormat: number): ContentFormatDescription | undefined {
  return byNumber.get(contentFormat);
}

/** The name of a Content-Format for people and logs; the number as text when LwM2M does not use it. */
export function contentFormatName(contentFormat: number): string {
  return byNumber.get(contentFormat)?.name ?? String(contentFormat);
}
