/** Where an axis ends, and the round figures marked on it. */
export interface Scale {
  readonly end: number;
  readonly ticks: readonly number[];
}

/** From 0 to a round figure that holds the largest value, in two to five steps of 1, 2 or 5. */
export function scaleTo(largest: number): Scale {
  if (!(largest > 0)) return { end: 1, ticks: [] };
  const power = Math.floor(Math.log10(largest / 3));
  const step = [1, 2, 5, 10].map((digit) => round(digit, power)).find((size) => largest / size <= 4) ?? round(10, power);
  const steps = Math.ceil(largest / step);
  return { end: steps * step, ticks: Array.from({ length: steps + 1 }, (_, index) => Number((index * step).toPrecision(12))) };
}

/** `5e-7` rather than `5 * 10 ** -7`, which is not quite that. */
function round(digit: number, power: number): number {
  return Number(`${digit}e${power}`);
}

/** A part of the whole as SVG wants it, in percent; never more than all. */
export function percent(value: number, whole: number): string {
  return whole > 0 ? `${Number(Math.min(100, (value / whole) * 100).toFixed(3))}%` : '0%';
}
