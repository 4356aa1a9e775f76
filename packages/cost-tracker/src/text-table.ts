export interface TextColumn {
  readonly title: string;
  readonly align: 'left' | 'right';
  /** The highest goes first where there is no room. The first column always stays. */
  readonly dropOrder?: number | undefined;
}

const gap = 2;
const narrowestName = 24;

/** Lines of a table no wider than `width`: the first column is cut, then others are left out. */
export function textTable(columns: readonly TextColumn[], rows: readonly (readonly string[])[], width: number): string[] {
  let shown = columns.map((column, index) => ({ ...column, cells: [column.title, ...rows.map((row) => row[index] ?? '')] }));
  const roomForNames = (): number => width - shown.slice(1).reduce((sum, column) => sum + gap + widthOf(column), 0);

  while (shown.length > 1 && roomForNames() < Math.min(narrowestName, widthOf(shown[0]!))) {
    const [first] = shown.slice(1).toSorted((a, b) => (b.dropOrder ?? 0) - (a.dropOrder ?? 0));
    shown = shown.filter((column) => column !== first);
  }
  const widths = shown.map((column, index) => (index === 0 ? Math.min(roomForNames(), widthOf(column)) : widthOf(column)));

  return [-1, ...rows.keys()].map((row) =>
    shown
      .map(({ cells, align }, index) => fit(cells[row + 1] ?? '', widths[index] ?? 0, align))
      .join(' '.repeat(gap))
      .trimEnd(),
  );
}

/** Breaks a sentence between words; `prefix` leads the first line, and the others are indented by its length. */
export function wrapText(prefix: string, text: string, width: number): string[] {
  const room = width - lengthOf(prefix);
  const lines: string[] = [];
  for (const word of text.split(' ')) {
    const line = lines.at(-1);
    if (line !== undefined && lengthOf(line) + 1 + lengthOf(word) <= room) lines[lines.length - 1] = `${line} ${word}`;
    else lines.push(cut(word, room));
  }
  return lines.map((line, index) => (index === 0 ? prefix : ' '.repeat(lengthOf(prefix))) + line);
}

/** What a reader counts as characters. Most text needs no segmenter, which takes milliseconds to make. */
function charactersOf(text: string): string[] {
  if (/^[\x20-\x7E]*$/.test(text)) return text.split('');
  return Array.from(new Intl.Segmenter().segment(text), ({ segment }) => segment);
}

function lengthOf(text: string): number {
  return charactersOf(text).length;
}

function widthOf({ cells }: { readonly cells: readonly string[] }): number {
  return Math.max(...cells.map(lengthOf));
}

function fit(text: string, width: number, align: TextColumn['align']): string {
  const shown = cut(text, width);
  const padding = ' '.repeat(width - lengthOf(shown));
  return align === 'left' ? shown + padding : padding + shown;
}

function cut(text: string, width: number): string {
  const characters = charactersOf(text);
  return characters.length > width ? `${characters.slice(0, width - 1).join('')}…` : text;
}
