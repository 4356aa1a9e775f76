import type { Io, Output } from './io.ts';

export type Paint = Readonly<Record<'bold' | 'dim' | 'red' | 'green' | 'yellow', (text: string) => string>>;

/** Colours for a terminal, and none for a file, a pipe or somebody who asked for none (no-color.org). */
export function paintFor(output: Output, env: Io['env']): Paint {
  const wrap = (on: number, off: number) => (text: string) =>
    isColoured(output, env) ? `\u{1B}[${on}m${text}\u{1B}[${off}m` : text;
  return { bold: wrap(1, 22), dim: wrap(2, 22), red: wrap(31, 39), green: wrap(32, 39), yellow: wrap(33, 39) };
}

export function isColoured(output: Output, env: Io['env']): boolean {
  return output.isTTY === true && (env['NO_COLOR'] ?? '') === '' && env['TERM'] !== 'dumb';
}
