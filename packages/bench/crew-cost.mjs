// What a crew costs the process that runs it: three tasks against the same three calls by hand, and a thousand at once.
import { names, slow } from './crews.mjs';
import { isFull, measure, print } from './harness.mjs';

const form = isFull ? { warm: 2_000, calls: 500, rounds: 9 } : { warm: 50, calls: 50, rounds: 2 };
const oneByOne = await measure('crews.mjs', names, { ...form, concurrency: 16 });
const cpu = (name, base) => oneByOne.of(name, base);

const crowd = isFull ? 1_000 : 100;
const atOnce = await measure(
  'crews.mjs',
  names.map((name) => name + slow),
  { warm: crowd, calls: crowd, rounds: isFull ? 5 : 1, concurrency: crowd },
);
const hand = 'by hand, global fetch';
const against = (figure, name, base) => atOnce.of(name + slow, base + slow, figure);

print(
  'CPU of three tasks, 16 crews at a time',
  ['', 'us', 'of the same by hand'],
  names.map((name) => [name, oneByOne.medians[name].cpuUs.toFixed(0), cpu(name, hand)]),
);
print(
  `${crowd} crews in flight, 50 ms a call`,
  ['', 'ms', 'of by hand', 'peak MB', 'of by hand'],
  names.map((name) => {
    const { wallMs, peakMb } = atOnce.medians[name + slow];
    return [name, wallMs.toFixed(0), against('wallMs', name, hand), peakMb.toFixed(0), against('peakMb', name, hand)];
  }),
);
print(
  'Against the targets',
  ['', 'measured', 'at most'],
  ['global fetch', 'pooled']
    .flatMap((way) => [
      [`CPU of a crew, of by hand, both on ${way}`, cpu(`crew, ${way}`, `by hand, ${way}`), '1.15x'],
      [`wall time of ${crowd}, of by hand, both on ${way}`, against('wallMs', `crew, ${way}`, `by hand, ${way}`), '1.15x'],
      [`peak memory of ${crowd}, of by hand, both on ${way}`, against('peakMb', `crew, ${way}`, `by hand, ${way}`), '1.15x'],
    ])
    .concat([
      [`wall time of ${crowd}, pooled, of by hand on global fetch`, against('wallMs', 'crew, pooled', hand), '1.00x'],
      [`peak memory of ${crowd}, pooled, of by hand on global fetch`, against('peakMb', 'crew, pooled', hand), '1.00x'],
    ]),
);
