const pieceLength = 24;

/** Cuts a text into so many pieces, or else into pieces of about 24 characters; never within a character. */
export function piecesOf(text: string, count?: number): readonly string[] {
  const characters = Array.from(text);
  const pieces = Math.min(characters.length, count ?? Math.ceil(characters.length / pieceLength));
  const cut = (index: number) => Math.round((index * characters.length) / pieces);
  return Array.from({ length: pieces }, (_, index) => characters.slice(cut(index), cut(index + 1)).join(''));
}
