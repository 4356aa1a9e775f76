/** Cuts a text into pieces that are short enough for a prompt and long enough to mean something. */
import type { Passage } from '../knowledge.ts';

interface Section {
  readonly headings: readonly string[];
  readonly paragraphs: readonly string[];
}

/** Paragraphs are kept together as far as `longest` lets them be; a piece of Markdown never reaches across a heading. */
export function chunksOf(source: string, text: string, markdown: boolean, longest: number): Passage[] {
  const sections = markdown ? sectionsOf(text) : [{ headings: [], paragraphs: paragraphsOf(text.split('\n'), false) }];
  return sections.flatMap(({ headings, paragraphs }) => {
    const from = headings.length === 0 ? source : `${source}, ${headings.join(' › ')}`;
    return packed(paragraphs, longest).map((piece) => ({ source: from, text: piece }));
  });
}

const fence = /^\s{0,3}(```|~~~)/;

function sectionsOf(text: string): Section[] {
  const sections: Section[] = [];
  let headings: string[] = [];
  let lines: string[] = [];
  let inCode = false;
  const close = (): void => {
    sections.push({ headings: headings.filter((heading) => heading !== ''), paragraphs: paragraphsOf(lines, true) });
    lines = [];
  };
  for (const line of text.split('\n')) {
    if (fence.test(line)) inCode = !inCode;
    const [, marks = '', title = ''] = (inCode ? null : /^(#{1,6})\s+(.*)$/.exec(line)) ?? [];
    if (marks === '') lines.push(line);
    else {
      close();
      headings = [...Array.from({ length: marks.length - 1 }, (_, level) => headings[level] ?? ''), title.replace(/[\s#]+$/, '')];
    }
  }
  close();
  return sections;
}

/** What stands between blank lines; a block of code is one paragraph, blank lines and all. */
function paragraphsOf(lines: readonly string[], markdown: boolean): string[] {
  const paragraphs: string[][] = [[]];
  let inCode = false;
  for (const line of lines) {
    if (markdown && fence.test(line)) inCode = !inCode;
    if (line.trim() === '' && !inCode) paragraphs.push([]);
    else paragraphs.at(-1)?.push(line.trimEnd());
  }
  return paragraphs.map((paragraph) => paragraph.join('\n').trim()).filter((paragraph) => paragraph !== '');
}

function packed(paragraphs: readonly string[], longest: number): string[] {
  const pieces: string[] = [];
  for (const part of paragraphs.flatMap((paragraph) => cut(paragraph, longest))) {
    const last = pieces.at(-1);
    if (last !== undefined && last.length + part.length + 2 <= longest) pieces[pieces.length - 1] = `${last}\n\n${part}`;
    else pieces.push(part);
  }
  return pieces;
}

/** Cuts where a line or a sentence ends, else between words, else anywhere but inside a character. */
function cut(text: string, longest: number): string[] {
  const pieces: string[] = [];
  let rest = text;
  while (rest.length > longest) {
    const window = rest.slice(0, longest);
    const ends = [window.lastIndexOf('\n'), window.lastIndexOf('. ') + 1, window.lastIndexOf(' ')];
    const end = ends.find((index) => index > longest / 2) ?? (isHighSurrogate(window) ? longest - 1 : longest);
    pieces.push(rest.slice(0, end).trim());
    rest = rest.slice(end).trimStart();
  }
  return [...pieces, rest].filter((piece) => piece !== '');
}

function isHighSurrogate(text: string): boolean {
  const last = text.charCodeAt(text.length - 1);
  return text.length > 1 && last >= 0xd800 && last <= 0xdbff;
}
