/** A YAML file as plain data, with the place of everything in it. */
import type * as Yaml from 'yaml';
import { loadPeer } from '../load-peer.ts';

/** The keys and indexes that lead to a value. */
export type Path = readonly (string | number)[];

export interface YamlSource {
  readonly file: string;
  /** `undefined` when the text is broken. */
  readonly value: unknown;
  /** What is wrong with the text, each with its place. */
  readonly faults: readonly string[];
  /** `file:line:column` of the key or item, or else of what is nearest above it. */
  readonly placeOf: (path: Path) => string;
}

/** Reads YAML 1.2, and the merge keys (`<<`) of 1.1, which CrewAI's reader takes. */
export async function readYaml(file: string, text: string): Promise<YamlSource> {
  const yaml = await loadPeer('loadYaml', 'yaml', () => import('yaml'));
  const lines = new yaml.LineCounter();
  const document = yaml.parseDocument(text, { lineCounter: lines, merge: true, prettyErrors: false });
  const at = (offset: number): string => {
    const { line, col } = lines.linePos(offset);
    return `${file}:${line}:${col}`;
  };
  const faults = document.errors.map(({ pos, code, message }) => {
    const said = code === 'MULTIPLE_DOCS' ? 'a second document begins here, and the file has to be one' : message;
    return `${at(pos[0])}: ${said}`;
  });
  if (faults.length > 0) return { file, value: undefined, faults, placeOf: () => at(0) };
  try {
    const value: unknown = document.toJS();
    return { file, value, faults, placeOf: (path) => at(offsetOf(yaml, document, path)) };
  } catch (error) {
    if (!(error instanceof ReferenceError)) throw error;
    return { file, value: undefined, faults: [`${at(0)}: ${error.message}`], placeOf: () => at(0) }; // too many aliases
  }
}

function offsetOf(yaml: typeof Yaml, document: Yaml.Document.Parsed, path: Path): number {
  let node: unknown = document.contents;
  let offset = document.contents?.range[0] ?? 0;
  for (const step of path) {
    const within = yaml.isAlias(node) ? node.resolve(document) : node;
    const pair = yaml.isMap(within)
      ? within.items.find(({ key }) => String(yaml.isScalar(key) ? key.value : key) === String(step))
      : undefined;
    const item = pair ? pair.key : yaml.isSeq(within) ? within.items[Number(step)] : undefined;
    if (item === undefined) return offset;
    offset = (item as { range?: readonly number[] }).range?.[0] ?? offset;
    node = pair ? pair.value : item;
  }
  return offset;
}
