/**
 * The simulator's tokens: a text is its UTF-8 bytes divided by four, rounded up. Every message costs
 * four more and every request three, much as chat templates do; a part that is not text costs 85.
 */
export const tokensPerRequest = 3;
export const tokensPerMessage = 4;
export const tokensPerMedia = 85;

const bytesPerToken = 4;

export function countTokens(text: string): number {
  return Math.ceil(Buffer.byteLength(text) / bytesPerToken);
}

/** The longest beginning of a text that is no more than so many tokens; never half a character. */
export function firstTokens(text: string, tokens: number): string {
  const bytes = Buffer.from(text);
  let end = Math.min(bytes.length, Math.max(0, tokens) * bytesPerToken);
  while (end > 0 && end < bytes.length && isContinuation(bytes[end])) end -= 1;
  return bytes.toString('utf8', 0, end);
}

function isContinuation(byte: number | undefined): boolean {
  return byte !== undefined && (byte & 0b1100_0000) === 0b1000_0000;
}
