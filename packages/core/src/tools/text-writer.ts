/** Collects the words of a page as lines and paragraphs. */

export class TextWriter {
  readonly #parts: string[] = [];
  #breaks = 0;
  #space = false;

  /** Runs of white space count as one space. */
  write(text: string): void {
    const words = text.replaceAll(/[\s\u00A0]+/g, ' ');
    if (words.startsWith(' ')) this.#space = true;
    const bare = words.trim();
    if (bare === '') return;
    this.#append(bare);
    this.#space = words.endsWith(' ');
  }

  /** White space is kept as it is. */
  writeAsIs(text: string): void {
    this.#space = false;
    if (text !== '') this.#append(text);
  }

  /** What comes next starts this many line breaks further down, and no more for being told so twice. */
  breakLine(lines: 1 | 2): void {
    this.#breaks = Math.max(this.#breaks, lines);
    this.#space = false;
  }

  get isAtLineStart(): boolean {
    return this.#parts.length === 0 || this.#breaks > 0;
  }

  get text(): string {
    return this.#parts.join('').trim();
  }

  #append(text: string): void {
    if (this.#parts.length > 0 && this.#breaks > 0) this.#parts.push('\n'.repeat(this.#breaks));
    else if (this.#space) this.#parts.push(' ');
    this.#parts.push(text);
    this.#breaks = 0;
    this.#space = false;
  }
}
