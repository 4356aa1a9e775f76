/** Bytes to text, by the encoding that the page says it is in. */

/** Where a page may name its encoding, after the HTML standard: within its first 1,024 bytes. */
const searchedBytes = 1024;

export function decode(bytes: Uint8Array, declared: string | undefined): string {
  const label = markOf(bytes) ?? known(declared) ?? known(namedInside(bytes));
  if (label !== undefined) return new TextDecoder(label).decode(bytes);
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return new TextDecoder('windows-1252').decode(bytes); // what browsers take a page for that says nothing
  }
}

function markOf([first, second, third]: Uint8Array): string | undefined {
  if (first === 0xef && second === 0xbb && third === 0xbf) return 'utf-8';
  if (first === 0xfe && second === 0xff) return 'utf-16be';
  return first === 0xff && second === 0xfe ? 'utf-16le' : undefined;
}

/** The label, if it is one of an encoding that this Node can read. */
function known(label: string | undefined): string | undefined {
  if (label === undefined) return undefined;
  try {
    return new TextDecoder(label).encoding;
  } catch {
    return undefined;
  }
}

/** `<meta charset>` or an XML declaration. A page that could be searched for one is not in UTF-16, whatever it says. */
function namedInside(bytes: Uint8Array): string | undefined {
  const start = Buffer.from(bytes.subarray(0, searchedBytes)).toString('latin1');
  const label = /<(?:meta[^>]*?charset|\?xml[^>]*?encoding)\s*=\s*["']?\s*([\w:.-]+)/i.exec(start)?.[1];
  return label !== undefined && /^utf-?16/i.test(label) ? 'utf-8' : label;
}
