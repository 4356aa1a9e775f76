/** The text of a configuration, with the place of everything in it. */
import { type Document, isAlias, isMap, isScalar, isSeq, LineCounter, parseDocument, type YAMLParseError } from 'yaml';
import { redact } from '../errors.ts';

/** The keys and indexes that lead to a value. */
export type Path = readonly (string | number)[];

export interface Place {
  readonly line: number;
  readonly column: number;
}

export interface Fault extends Place {
  readonly sentence: string;
}

export interface YamlSource {
  /** What the text says, as plain data; `undefined` when it is broken. */
  readonly value: unknown;
  readonly faults: readonly Fault[];
  /** Where the key or item is, or else what is nearest above it. */
  placeOf(path: Path): Place;
  /** What is written there, before any variable is put in; `undefined` when nothing is. */
  writtenAt(path: Path): unknown;
}

/** Reads YAML 1.2, and the merge keys (`<<`) of 1.1, which LiteLLM's reader takes. */
export function readYaml(text: string): YamlSource {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, merge: true, prettyErrors: false });
  const placeAt = (offset: number): Place => {
    const { line, col } = lines.linePos(offset);
    return { line, column: col };
  };
  const faults = [...document.errors, ...document.warnings].map((error) => ({
    ...placeAt(error.pos[0]),
    sentence: sentenceOf(error, text),
  }));
  // A key given twice is no reason not to look for further mistakes.
  const readable = document.errors.every(({ code }) => code === 'DUPLICATE_KEY');
  const plain = readable ? plainData(document) : { value: undefined };
  if (plain.sentence !== undefined) faults.push({ line: 1, column: 1, sentence: plain.sentence });

  return {
    value: plain.value,
    faults,
    placeOf: (path) => placeAt(find(document, path).offset),
    writtenAt: (path) => find(document, path).written,
  };
}

function plainData(document: Document.Parsed): { value: unknown; sentence?: string } {
  try {
    return { value: document.toJS() as unknown };
  } catch (error) {
    if (!(error instanceof ReferenceError)) throw error;
    return { value: undefined, sentence: `the YAML is broken: ${error.message}` }; // aliases: unknown, or too many
  }
}

/** The parser's messages may quote the text, and with it a key: only what stands before the quotation is passed on. */
function sentenceOf({ code, message, pos }: Omit<YAMLParseError, 'name'>, text: string): string {
  if (code === 'DUPLICATE_KEY') {
    const key = /^[^:\n]{0,80}/.exec(text.slice(pos[0]))?.[0].trim() ?? '';
    return `the key ${redact(key)} is given twice in the same map; only one of them can hold`;
  }
  return `the YAML is broken: ${message.split(/:\s|"/)[0]?.trim() ?? ''} (${code})`;
}

function find(document: Document.Parsed, path: Path): { offset: number; written: unknown } {
  let node: unknown = document.contents;
  let offset = document.contents?.range[0] ?? 0;
  for (const step of path) {
    const next = entryOf(isAlias(node) ? node.resolve(document) : node, step);
    if (!next) return { offset, written: undefined };
    node = next.value;
    offset = next.offset ?? offset;
  }
  const target = isAlias(node) ? node.resolve(document) : node;
  return { offset, written: isScalar(target) ? target.value : isMap(target) ? {} : isSeq(target) ? target.items : undefined };
}

function entryOf(node: unknown, step: string | number): { value: unknown; offset: number | undefined } | undefined {
  if (isSeq(node)) {
    const item = node.items[Number(step)];
    return item === undefined ? undefined : { value: item, offset: startOf(item) };
  }
  if (!isMap(node)) return undefined;
  const pair = node.items.find(({ key }) => String(isScalar(key) ? key.value : key) === String(step));
  return pair && { value: pair.value, offset: startOf(pair.key) };
}

function startOf(node: unknown): number | undefined {
  return (node as { range?: readonly number[] } | null)?.range?.[0];
}
