import { checkNames } from './check-options.ts';
import { wrapText } from './text-table.ts';

export interface LayoutOptions {
  /** Width of the terminal in characters, at least 40. @default 80 */
  readonly columns?: number | undefined;
  /** Bold headings. @default false */
  readonly colour?: boolean | undefined;
}

export interface Layout {
  readonly width: number;
  readonly heading: (text: string) => string[];
}

/** A label and what there is to say about it. */
export type Fact = readonly [label: string, value: string];

/** `more` are names of options that are read elsewhere. */
export function layoutOf(options: LayoutOptions, more: readonly string[] = []): Layout {
  checkNames(options, ['columns', 'colour', ...more]);
  const { columns = 80, colour = false } = options;
  if (!Number.isSafeInteger(columns) || columns < 40)
    throw new TypeError(`columns: ${String(columns)} is not a whole number of at least 40`);
  const paint = (line: string): string => (colour ? `\u{1B}[1m${line}\u{1B}[22m` : line);
  return { width: columns, heading: (text) => wrapText('', text, columns).map(paint) };
}

export function joined(sections: readonly (readonly string[])[]): string {
  return `${sections
    .filter((lines) => lines.length > 0)
    .map((lines) => lines.join('\n'))
    .join('\n\n')}\n`;
}

export function factLines(facts: readonly Fact[], width: number): string[] {
  const labelWidth = Math.max(...facts.map(([label]) => label.length)) + 2;
  return facts.flatMap(([label, value]) => wrapText(`  ${label.padEnd(labelWidth)}`, value, width));
}

export function indented(lines: readonly string[]): string[] {
  return lines.map((line) => `  ${line}`);
}
