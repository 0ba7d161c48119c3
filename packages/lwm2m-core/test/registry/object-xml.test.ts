import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import type { ObjectDefinition } from '../../src/definition.ts';
import { DecodeError } from '../../src/errors.ts';
import {
  MAX_DEFINITION_XML_DEPTH,
  MAX_DEFINITION_XML_LENGTH,
  MAX_DEFINITION_XML_NODES,
  MAX_RESOURCE_DEFINITIONS,
} from '../../src/limits.ts';
import { parseObjectXml, type ObjectXmlWarning } from '../../src/registry/object-xml.ts';

function fixture(name: string): Uint8Array {
  return readFileSync(new URL(`../definitions-xml/${name}.xml`, import.meta.url));
}

function parseStrictly(document: string | Uint8Array, descriptions = false): readonly ObjectDefinition[] {
  const warnings: ObjectXmlWarning[] = [];
  const definitions = parseObjectXml(document, { descriptions, onWarning: (warning) => warnings.push(warning) });
  expect(warnings).toEqual([]);
  return definitions;
}

function refusal(document: string | Uint8Array): DecodeError {
  try {
    parseObjectXml(document);
  } catch (error) {
    expect(error).toBeInstanceOf(DecodeError);
    expect((error as DecodeError).code).toBe('ERR_LWM2M_DEFINITION');
    return error as DecodeError;
  }
  throw new Error('it was not refused');
}

const REST = '<MultipleInstances>Single</MultipleInstances><Mandatory>Optional</Mandatory>';

function item(id: string, fields = '<Type>String</Type>'): string {
  return `<Item ID="${id}"><Name>N</Name>${REST}${fields}</Item>`;
}

function object(fields: string, items = item('0')): string {
  return `<LWM2M><Object><Name>N</Name>${REST}${fields}<Resources>${items}</Resources></Object></LWM2M>`;
}

const ID = '<ObjectID>33000</ObjectID><ObjectURN>urn:oma:lwm2m:x:33000</ObjectURN>';

test('reads the schema of LwM2M 1.0', () => {
  const rest = { multiple: false, range: undefined, units: undefined };
  const [definition, ...others] = parseStrictly(fixture('schema-1.0'));
  expect(others).toEqual([]);
  expect(definition).toEqual({
    id: 33000,
    version: '1.0',
    lwm2mVersion: '1.0',
    name: 'Kettle',
    urn: 'urn:oma:lwm2m:x:33000',
    multiple: true,
    mandatory: false,
    resources: new Map([
      [1, { ...rest, id: 1, name: 'Boil', operations: 'E', type: 'none', mandatory: false }],
      [
        5700,
        {
          ...rest,
          id: 5700,
          name: 'Temperature',
          operations: 'R',
          type: 'float',
          mandatory: true,
          range: '0..100',
          units: 'Cel',
        },
      ],
    ]),
  });
  // In the order of their ids, which toEqual does not look at.
  expect([...(definition?.resources.keys() ?? [])]).toEqual([1, 5700]);
});

test('reads the schema of LwM2M 1.1, and several Objects', () => {
  const [lamp, first] = parseStrictly(fixture('schema-1.1'));
  expect(lamp).toMatchObject({ id: 33001, version: '2.1', lwm2mVersion: '1.1', multiple: false, mandatory: true });
  expect(lamp?.resources.get(0)).toMatchObject({ type: 'unsignedInteger', operations: 'RW', range: '0..255' });
  expect(lamp?.resources.get(1)).toMatchObject({ type: 'opaque', operations: '' });
  expect(lamp?.resources.get(2)).toMatchObject({ type: 'corelnk', multiple: true });
  expect(first).toMatchObject({ id: 33001, version: '1.0', lwm2mVersion: '1.0' });
});

test('reads a byte order mark, carriage returns, blanks, any case, and the version of the URN', () => {
  for (const document of [fixture('windows'), new TextDecoder().decode(fixture('windows'))]) {
    const [definition] = parseStrictly(document, true);
    expect(definition).toMatchObject({ id: 33002, name: 'Old device', version: '1.3', lwm2mVersion: '1.0' });
    expect(definition?.resources.get(5)).toEqual({
      id: 5,
      name: 'One',
      operations: 'RW',
      type: 'unsignedInteger',
      multiple: true,
      mandatory: true,
      range: '0: off 1: on',
      units: 's',
      description: 'Two\nlines',
    });
    expect(definition?.resources.get(6)?.type).toBe('unsignedInteger');
    expect(definition?.resources.get(7)?.type).toBe('objlnk');
  }
});

test('keeps descriptions when asked, with the entities of HTML', () => {
  const [kettle] = parseStrictly(fixture('schema-1.0'), true);
  expect(kettle?.description).toBe('Boils <water>.');
  expect(kettle?.resources.get(5700)?.description).toBe('Of the water.');
  expect(kettle?.resources.get(1)).not.toHaveProperty('description');
  const [lamp, first] = parseStrictly(fixture('schema-1.1'), true);
  expect(lamp?.description).toBe('Lights a room\u00a0— at 5 °C & above.\nNot in the &fridge;.\n\nSee the manual.');
  expect(first).not.toHaveProperty('description');
  expect(parseStrictly(fixture('schema-1.1'))[0]).not.toHaveProperty('description');
});

test('warns of what it tolerates, and where it is', () => {
  const text = new TextDecoder().decode(fixture('careless'));
  const warnings: ObjectXmlWarning[] = [];
  const [careless, empty] = parseObjectXml(text, { onWarning: (warning) => warnings.push(warning) });
  expect(careless).toMatchObject({ version: '1.1', name: '', urn: 'urn:oma:lwm2m:x:33004', multiple: false });
  expect(careless?.resources.get(0)).toMatchObject({ name: 'First', operations: '', type: 'string' });
  expect(empty).toMatchObject({ id: 33005, urn: 'urn:oma:lwm2m:x:33005' });
  const object = text.indexOf('<Object>');
  const second = text.lastIndexOf('<Object>');
  expect(warnings).toEqual([
    { message: 'expected a name, found none', offset: object },
    { message: 'expected the URN of the Object in its version', offset: text.indexOf('<ObjectURN>') },
    { message: 'expected Multiple or Single', offset: text.indexOf('<MultipleInstances>several') },
    { message: 'expected Mandatory or Optional', offset: object },
    { message: 'expected the element once, found it again', offset: text.indexOf('<Name>Second') },
    { message: 'expected the URN of the Object in its version', offset: second },
    { message: 'expected Resources, found none', offset: second },
  ]);
});

describe('refuses', () => {
  test.each([
    ['no XML', 'text', 0, 'no root element'],
    ['nothing', '', 0, 'no root element'],
    ['an element that does not end', '<LWM2M><Object>', 15, 'an element that does not end'],
    ['an element that ends as another', '<LWM2M></Object>', 7, 'an element that does not end'],
    ['a tag that does not end', '<LWM2M', 6, 'markup that does not end'],
    ['an attribute that does not end', '<LWM2M a="', 10, 'markup that does not end'],
    ['a comment that does not end', '<LWM2M><!-- ', 11, 'markup that does not end'],
    ['an attribute without a value', '<LWM2M a>', 8, 'an attribute without a value'],
    ['an attribute twice', '<LWM2M a="" a="">', 16, 'an attribute twice'],
    ['a less-than sign in an attribute', '<LWM2M a="<">', 10, 'a "<" in the value of an attribute'],
    ['a control character', '<LWM2M>\u0000</LWM2M>', 7, 'a character that can not be there'],
    ['a lone surrogate', '<LWM2M>\ud800</LWM2M>', 7, 'a character that can not be there'],
    ['an ampersand alone', '<LWM2M>a & b</LWM2M>', 11, 'markup that does not end'],
    ['two roots', '<LWM2M/><LWM2M/>', 8, 'content after the root element'],
    ['a declaration that is not at the start', ' <?xml version="1.0"?><LWM2M/>', 1, 'something else'],
  ])('%s', (_, text, offset, found) => {
    expect(refusal(text)).toMatchObject({ expected: 'well-formed XML', found, offset });
  });

  test('a fault behind characters outside the BMP, at its offset', () => {
    expect(refusal('<LWM2M>😀😀</x>').offset).toBe(11);
  });

  test('a document type declaration, wherever it is', () => {
    expect(refusal(fixture('document-type'))).toMatchObject({ expected: 'no document type declaration', offset: 22 });
    expect(refusal('<!DOCTYPE LWM2M SYSTEM "x"><LWM2M/>').offset).toBe(0);
    expect(refusal('<LWM2M><!ENTITY a "b"></LWM2M>').offset).toBe(7);
    parseObjectXml(`<!-- <!DOCTYPE x> -->${object(ID)}`);
    parseObjectXml(object(`${ID}<Description1><![CDATA[<!DOCTYPE x>]]></Description1>`));
  });

  test('bytes that are not UTF-8', () => {
    expect(refusal(new Uint8Array([0x3c, 0xff])).expected).toBe('UTF-8');
  });

  test.each([
    ['another root', '<DDFList/>', 0, 'an LWM2M element'],
    ['no Object', ' <LWM2M><Item ID="0"/></LWM2M>', 1, 'an Object'],
  ])('%s', (_, text, offset, expected) => {
    expect(refusal(text)).toMatchObject({ expected, offset });
  });

  test.each([
    ['an Object without an id', '', 'an ObjectID', '<Object>'],
    ['an id that is none', '<ObjectID>x</ObjectID>', 'an ObjectID', '<ObjectID>'],
    ['an id with a sign', '<ObjectID>-1</ObjectID>', 'an ObjectID', '<ObjectID>'],
    ['an id out of range', '<ObjectID>65536</ObjectID>', 'an id up to 65535', '<ObjectID>'],
    ['an id far out of range', '<ObjectID>99999999999</ObjectID>', 'an ObjectID', '<ObjectID>'],
    ['a version of one part', `${ID}<ObjectVersion>2</ObjectVersion>`, 'major.minor', '<ObjectVersion>'],
    ['an LwM2M version of three', `${ID}<LWM2MVersion>1.0.2</LWM2MVersion>`, 'major.minor', '<LWM2MVersion>'],
  ])('%s', (_, fields, expected, at) => {
    const text = object(fields);
    const error = refusal(text);
    expect(error.expected).toContain(expected);
    expect(error.offset).toBe(text.indexOf(at));
  });

  test.each([
    ['an Item without an id', '<Item><Name>N</Name></Item>', 'an ID', '<Item>'],
    ['an id that is none', item('0x1'), 'an ID', '<Item '],
    ['an id out of range', item('65536'), 'an id up to 65535', '<Item '],
    ['an id twice', item('7') + item('07'), 'each Resource once', '<Item ID="07"'],
    ['an unknown type', item('0', '<Type>Double</Type>'), 'a type of LwM2M', '<Type>'],
    ['an unknown operation', item('0', '<Operations>RWE</Operations>'), 'R, W, RW, E or nothing', '<Operations>'],
  ])('%s', (_, items, expected, at) => {
    const text = object(ID, items);
    const error = refusal(text);
    expect(error.expected).toBe(expected);
    expect(error.offset).toBe(text.indexOf(at));
  });

  test('an Object twice in the same version', () => {
    const one = `<Object><ObjectID>1</ObjectID><ObjectVersion>1.0</ObjectVersion></Object>`;
    expect(refusal(`<LWM2M>${one}<Object><ObjectID>1</ObjectID></Object></LWM2M>`)).toMatchObject({
      expected: 'each Object once per version',
      offset: 7 + one.length,
    });
  });

  test('too many Resources', () => {
    const items = Array.from({ length: MAX_RESOURCE_DEFINITIONS }, (_, id) => item(String(id)));
    expect(parseObjectXml(object(ID, items.join('')))[0]?.resources.size).toBe(MAX_RESOURCE_DEFINITIONS);
    expect(refusal(object(ID, [...items, item('9999')].join(''))).expected).toBe(
      `at most ${MAX_RESOURCE_DEFINITIONS} Resources`,
    );
  });

  test('a document that is too long', () => {
    const text = object(ID);
    const blanks = ' '.repeat(MAX_DEFINITION_XML_LENGTH - text.length);
    expect(parseObjectXml(text + blanks)).toHaveLength(1);
    expect(refusal(`${text}${blanks} `).expected).toContain('a length up to');
    expect(refusal(new Uint8Array(MAX_DEFINITION_XML_LENGTH + 1)).expected).toContain('a length up to');
  });

  test('elements too deep', () => {
    const nested = (depth: number): string =>
      object(`${ID}<Description1>${'<b>'.repeat(depth)}${'</b>'.repeat(depth)}</Description1>`);
    // Description1 is in Object and LWM2M.
    expect(parseObjectXml(nested(MAX_DEFINITION_XML_DEPTH - 3))).toHaveLength(1);
    expect(refusal(nested(MAX_DEFINITION_XML_DEPTH - 2)).expected).toContain('elements within one another');
  });

  test('depth counts elements, whatever quotes, comments, sections and instructions have in them', () => {
    const tricky = `<b a=">" c='">'/><!-- <b> --><![CDATA[<b>]]><?b <b> ?><b\n/>`;
    expect(parseObjectXml(object(`${ID}<Description1>${tricky.repeat(50)}</Description1>`))).toHaveLength(1);
  });

  test('too many elements or instructions', () => {
    for (const node of ['<b/>', '<?b?>']) {
      const text = object(`${ID}<Description1>${node.repeat(MAX_DEFINITION_XML_NODES)}</Description1>`);
      expect(refusal(text).expected).toBe(`at most ${MAX_DEFINITION_XML_NODES} elements`);
    }
  });
});

test('definitions are frozen', () => {
  const [definition] = parseObjectXml(object(ID));
  expect(Object.isFrozen(definition)).toBe(true);
  expect(Object.isFrozen(definition?.resources.get(0))).toBe(true);
});
