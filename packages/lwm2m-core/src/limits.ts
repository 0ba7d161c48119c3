/**
 * The bounds of this package: what comes from a device is never parsed beyond them. Beyond a bound is a decode error
 * of the format at hand.
 */

/** Characters of the prefix of a device behind a gateway. */
export const MAX_PREFIX_LENGTH = 64;

/** Bytes, or characters, of a link-format document. A Register of a thousand Object Instances takes 12 KiB. */
export const MAX_LINK_FORMAT_LENGTH = 65_536;

/** Links of a link-format document. */
export const MAX_LINKS = 8192;

/** Attributes of one link. LwM2M knows fewer than twenty. */
export const MAX_LINK_ATTRIBUTES = 32;

/** Object definitions, each version counted, of one registry. The public registry has some 420. */
export const MAX_OBJECT_DEFINITIONS = 16_384;

/** Resources of one Object definition. The greatest public one has 67. */
export const MAX_RESOURCE_DEFINITIONS = 4096;

/** Bytes of a payload of any format; those of JSON and CBOR have a lower bound, of the package for SenML. */
export const MAX_PAYLOAD_LENGTH = 4_194_304;

/** Values of one payload, and as many Object Instances and multiple Resources with nothing in them. */
export const MAX_RECORDS = 10_000;

/** Nodes and values of one JSON document of nodes. */
export const MAX_JSON_NODES = 40_000;

/** Characters, or bytes, of an XML document with object definitions. The longest public one has 34 thousand. */
export const MAX_DEFINITION_XML_LENGTH = 4_194_304;

/** Elements within one another in such a document. The schema has five. */
export const MAX_DEFINITION_XML_DEPTH = 32;

/** Elements and processing instructions of such a document. All public definitions together have 90 thousand. */
export const MAX_DEFINITION_XML_NODES = 131_072;

/** Content-Formats in the `ct` of the root link of an object list; others are left out. */
export const MAX_ROOT_CONTENT_FORMATS = 32;

/** Segments of an alternate root path. */
export const MAX_ROOT_PATH_SEGMENTS = 8;

/** Attributes of one Write-Attributes or Observe. LwM2M knows ten. */
export const MAX_QUERY_ATTRIBUTES = 32;

/** Characters of one attribute in a query: it is one Uri-Query option (RFC 7252 §5.10). */
export const MAX_QUERY_ITEM_LENGTH = 255;

/** Bytes, or characters, of the arguments of an Execute. */
export const MAX_EXECUTE_ARGUMENTS_LENGTH = 65_536;

/** XML files of one folder of object definitions, with the folders within it and their files. The public ones are 754. */
export const MAX_DEFINITION_FILES = 2048;

/** Folders within one another that are looked into for such files. */
export const MAX_DEFINITION_FOLDER_DEPTH = 8;

/** Links without attributes that object lists have in common, and maps of object versions, of at most so many Objects each. */
export const MAX_SHARED_LINKS = 4096;
export const MAX_SHARED_VERSION_MAPS = 512;
export const MAX_SHARED_VERSIONS = 32;

/** LwM2M versions that the choice of Content-Formats is kept for, of one list of formats that endpoints announce. */
export const MAX_VERSIONS_OF_FORMATS = 8;
