// What a crew costs the process that runs it: three tasks against the same three calls by hand, and a thousand at once.
import { names, slow } from './crews.mjs';
import { isFull, measure, print, ratio } from './harness.mjs';

const form = isFull ? { calls: 2_000, rounds: 5 } : { calls: 100, rounds: 1 };
const taken = await measure('crews.mjs', names, { ...form, concurrency: 16 });
const cpu = (name) => taken[name].cpuUs;

const crowd = isFull ? 1_000 : 100;
const atOnce = await measure(
  'crews.mjs',
  names.map((name) => name + slow),
  { calls: crowd, rounds: isFull ? 5 : 1, concurrency: crowd },
);
const of = (name) => atOnce[name + slow];

print(
  'CPU of three tasks, 16 crews at a time',
  ['', 'us', 'of the same by hand'],
  names.map((name) => [name, cpu(name).toFixed(0), ratio(cpu(name), cpu('by hand, global fetch'))]),
);
print(
  `${crowd} crews in flight, 50 ms a call`,
  ['', 'ms', 'of by hand', 'peak MB', 'of by hand'],
  names.map((name) => {
    const { wallMs, peakMb } = of(name);
    const hand = of('by hand, global fetch');
    return [name, wallMs.toFixed(0), ratio(wallMs, hand.wallMs), peakMb.toFixed(0), ratio(peakMb, hand.peakMb)];
  }),
);
const against = (figure, name, base) => ratio(of(name)[figure], of(base)[figure]);
print(
  'Against the targets',
  ['', 'measured', 'at most'],
  ['global fetch', 'pooled']
    .flatMap((way) => [
      [`CPU of a crew, of by hand, both on ${way}`, ratio(cpu(`crew, ${way}`), cpu(`by hand, ${way}`)), '1.15x'],
      [`wall time of ${crowd}, of by hand, both on ${way}`, against('wallMs', `crew, ${way}`, `by hand, ${way}`), '1.15x'],
      [`peak memory of ${crowd}, of by hand, both on ${way}`, against('peakMb', `crew, ${way}`, `by hand, ${way}`), '1.15x'],
    ])
    .concat([
      [
        `wall time of ${crowd}, pooled, of by hand on global fetch`,
        against('wallMs', 'crew, pooled', 'by hand, global fetch'),
        '1.00x',
      ],
      [
        `peak memory of ${crowd}, pooled, of by hand on global fetch`,
        against('peakMb', 'crew, pooled', 'by hand, global fetch'),
        '1.00x',
      ],
    ]),
);
