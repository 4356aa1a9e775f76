/** What to take out of JSON documents: the values at some paths, and how many bytes of text lie at others. */
export interface Wanted {
  /** Dotted paths; the elements of a list are at the path of the list. */
  readonly keep: readonly string[];
  readonly measure: readonly string[];
}

/** What one document had. */
export interface Picked {
  /** The values at a path, in order. */
  all(path: string): readonly unknown[];
  /** The last value at a path that is not `null`. */
  last(path: string): unknown;
  /** UTF-8 bytes of the texts that were to be measured. */
  readonly textBytes: number;
}

/** A place in the tree of what is wanted. */
export interface Place {
  readonly path: string;
  /** Its key, as bytes. */
  readonly name: Uint8Array;
  readonly children: Place[];
  keep: boolean;
  measure: boolean;
}

/** The tree of the wanted paths. */
export function treeOf({ keep, measure }: Wanted): Place {
  const root = newPlace('', '');
  const at = (path: string): Place => path.split('.').reduce(childNamed, root);
  for (const path of keep) at(path).keep = true;
  for (const path of measure) at(path).measure = true;
  return root;
}

function childNamed(place: Place, name: string): Place {
  const path = place.path === '' ? name : `${place.path}.${name}`;
  const known = place.children.find((child) => child.path === path);
  if (known) return known;
  const child = newPlace(path, name);
  place.children.push(child);
  return child;
}

function newPlace(path: string, name: string): Place {
  return { path, name: new TextEncoder().encode(name), children: [], keep: false, measure: false };
}

/** The place under a key, which is the bytes of a chunk between two places. */
export function childAt(place: Place | undefined, chunk: Uint8Array, from: number, end: number): Place | undefined {
  for (const child of place?.children ?? []) {
    const { name } = child;
    let same = name.length === end - from;
    for (let index = 0; same && index < name.length; index++) same = name[index] === chunk[from + index];
    if (same) return child;
  }
  return undefined;
}
