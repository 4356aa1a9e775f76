/**
 * HTML to the text that a reader would see. `htmlparser2` reads it: as it streams, no tree is built, and no page makes it
 * recurse. Its time grows with the size of a page alone, once the depth has a bound.
 */
import { setImmediate as nextTurn } from 'node:timers/promises';
import { loadPeer } from '../load-peer.ts';
import { TextWriter } from './text-writer.ts';

/** As deep as browsers build trees. The parser compares each closing tag with all that are open. */
const deepest = 512;

/** Characters between two looks at the clock and at everyone else in this process. */
const sliceLength = 65_536;

export async function htmlToText(html: string, url: URL, links: boolean, signal: AbortSignal): Promise<string> {
  const { Parser } = await loadPeer('fetchPage', 'htmlparser2', () => import('htmlparser2'));
  const page = new PageText(url, links);
  const parser = new Parser({
    onopentagname: (name) => page.open(name),
    onopentag: (name, { href }) => page.opened(name, href),
    ontext: (text) => page.write(text),
    onclosetag: (name) => page.close(name),
  });
  for (let start = 0; start < html.length; start += sliceLength) {
    parser.write(html.slice(start, start + sliceLength));
    await nextTurn();
    signal.throwIfAborted();
  }
  parser.end();
  return page.text;
}

const left = new Set(
  'aside audio button canvas form iframe nav noscript object script select style svg template textarea video'.split(' '),
);
const lines = new Set('address article br dd div dt fieldset figcaption footer header li main section tr'.split(' '));
const paragraphs = new Set('blockquote dl figure h1 h2 h3 h4 h5 h6 hr ol p pre table ul'.split(' '));

class PageText {
  readonly #url: URL;
  readonly #links: boolean;
  readonly #whole = new TextWriter();
  /** What stands in `<main>`: all that is wanted of a page that has one. */
  readonly #main = new TextWriter();
  readonly #title = new TextWriter();
  readonly #open = new Map<string, number>();
  readonly #hrefs: (string | undefined)[] = [];
  #depth = 0;
  #leftOut = 0;

  constructor(url: URL, links: boolean) {
    this.#url = url;
    this.#links = links;
  }

  get text(): string {
    const { text: main } = this.#main;
    const title = this.#title.text.slice(0, 500);
    return [title, main === '' ? this.#whole.text : main].filter((part) => part !== '').join('\n\n');
  }

  open(name: string): void {
    this.#depth += 1;
    if (this.#depth > deepest) throw new Error(`the page has more than ${deepest} elements inside one another`);
    this.#open.set(name, this.#count(name) + 1);
    if (left.has(name)) this.#leftOut += 1;
    this.#break(name);
  }

  opened(name: string, href: string | undefined): void {
    const heading = /^h([1-6])$/.exec(name)?.[1];
    if (heading !== undefined) this.#put(`${'#'.repeat(Number(heading))} `);
    if (name === 'li') this.#put('- ');
    if (name === 'td' || name === 'th') this.#cell();
    if (name === 'a') this.#hrefs.push(href);
  }

  write(text: string): void {
    if (this.#count('title') > 0 && this.#leftOut === 0) this.#title.write(text);
    else if (this.#count('pre') > 0) this.#put(text);
    else for (const writer of this.#writers()) writer.write(text);
  }

  close(name: string): void {
    if (name === 'a') this.#link(this.#hrefs.pop());
    this.#break(name);
    this.#depth -= 1;
    this.#open.set(name, this.#count(name) - 1);
    if (left.has(name)) this.#leftOut -= 1;
  }

  #count(name: string): number {
    return this.#open.get(name) ?? 0;
  }

  #writers(): readonly TextWriter[] {
    if (this.#leftOut > 0) return [];
    return this.#count('main') > 0 ? [this.#whole, this.#main] : [this.#whole];
  }

  #put(text: string): void {
    for (const writer of this.#writers()) writer.writeAsIs(text);
  }

  #cell(): void {
    for (const writer of this.#writers()) if (!writer.isAtLineStart) writer.writeAsIs(' | ');
  }

  #break(name: string): void {
    const height = paragraphs.has(name) ? 2 : lines.has(name) ? 1 : undefined;
    if (height) for (const writer of this.#writers()) writer.breakLine(height);
  }

  #link(href: string | undefined): void {
    if (!this.#links || href === undefined || !URL.canParse(href, this.#url.href)) return;
    const target = new URL(href, this.#url);
    if (target.protocol === 'http:' || target.protocol === 'https:') this.#put(` [${target.href}]`);
  }
}
