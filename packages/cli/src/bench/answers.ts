import { wrapped } from '../text.ts';

const narrowest = 34;
const gap = ' | ';

/** Answers to the same prompt side by side, as many as there is room for, the others below. */
export function sideBySide(answers: readonly (readonly [name: string, text: string])[], width: number): string[] {
  const perRow = Math.max(1, Math.min(answers.length, Math.floor((width + gap.length) / (narrowest + gap.length))));
  const columnWidth = Math.floor((width - gap.length * (perRow - 1)) / perRow);
  const lines: string[] = [];
  for (let start = 0; start < answers.length; start += perRow) {
    const columns = answers
      .slice(start, start + perRow)
      .map(([name, text]) => [
        ...wrapped(name, columnWidth),
        '-'.repeat(columnWidth),
        ...wrapped(text, columnWidth).flatMap((line) => chunks(line, columnWidth)),
      ]);
    const height = Math.max(...columns.map(({ length }) => length));
    for (let row = 0; row < height; row++)
      lines.push(
        columns
          .map((column) => (column[row] ?? '').padEnd(columnWidth))
          .join(gap)
          .trimEnd(),
      );
    lines.push('');
  }
  return lines;
}

/** A word longer than a column is cut: nothing may stick out. */
function chunks(line: string, width: number): string[] {
  if (line.length <= width) return [line];
  return Array.from({ length: Math.ceil(line.length / width) }, (_, index) => line.slice(index * width, (index + 1) * width));
}
