/** How many bytes of English text a token is, about. */
const bytesPerToken = 4;

/** A text of that many UTF-8 bytes, in tokens: a guess, for what no provider counted. */
export function tokensIn(bytes: number): number {
  return Math.ceil(bytes / bytesPerToken);
}

/** The bytes of all texts in a request, without pictures and other data: those are long, and in base64. Chinese has no spaces either. */
export function textBytes(value: unknown): number {
  if (typeof value === 'string') return isData(value) ? 0 : Buffer.byteLength(value);
  if (typeof value !== 'object' || value === null) return 0;
  return Object.values(value).reduce<number>((sum, part) => sum + textBytes(part), 0);
}

function isData(text: string): boolean {
  return text.startsWith('data:') || /^[\w+/=-]{2000}/.test(text);
}
