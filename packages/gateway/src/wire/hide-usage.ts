const mark = Buffer.from('"choices":[]');

/** Whole events without the chunk that reports the usage, which has no choice in it: the caller did not ask for it. */
export function withoutUsage(bytes: Uint8Array): Uint8Array {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (!buffer.includes(mark)) return bytes;
  const events = buffer.toString('utf8').split(/(?<=\r?\n\r?\n)/);
  return Buffer.from(events.filter((event) => !isUsage(event)).join(''));
}

function isUsage(event: string): boolean {
  if (!event.includes('"choices":[]') || !event.startsWith('data:')) return false;
  try {
    const { choices, usage } = JSON.parse(event.slice('data:'.length)) as { choices?: unknown; usage?: unknown };
    return Array.isArray(choices) && choices.length === 0 && usage !== undefined && usage !== null;
  } catch {
    return false; // not one of those
  }
}
