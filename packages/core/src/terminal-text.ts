/** Texts on a terminal: how wide they are there, and rid of what would steer it. */

function charactersOf(text: string): Intl.Segments {
  return new Intl.Segmenter(undefined, { granularity: 'grapheme' }).segment(text);
}

/** What terminals show two columns wide: most of what https://www.unicode.org/reports/tr11/ calls wide or fullwidth. */
const wide =
  /^(?:\p{Emoji_Presentation}|\p{Extended_Pictographic}\uFE0F|[\p{Script=Han}\p{Script=Hangul}\p{Script=Hiragana}\p{Script=Katakana}\u3000-\u303E\uFF01-\uFF60\uFFE0-\uFFE6])/u;

function columnsOfOne(character: string): number {
  return wide.test(character) ? 2 : 1;
}

/** How many columns a text takes. */
export function columnsOf(text: string): number {
  let columns = 0;
  for (const { segment } of charactersOf(text)) columns += columnsOfOne(segment);
  return columns;
}

export function padded(text: string, columns: number): string {
  return text + ' '.repeat(Math.max(0, columns - columnsOf(text)));
}

/** Cut between characters, so that it stays on its line. */
export function fitted(text: string, columns: number): string {
  let used = 0;
  for (const { segment, index } of charactersOf(text)) {
    used += columnsOfOne(segment);
    if (used > columns) return text.slice(0, index);
  }
  return text;
}

/** Without what would move the cursor or colour the screen: messages quote what tools and models say. */
export function printable(text: string): string {
  return text.replaceAll(/[^\P{Cc}\n\t]/gu, '');
}

export function onOneLine(text: string): string {
  return printable(text.replaceAll(/\s+/g, ' ')).trim();
}
