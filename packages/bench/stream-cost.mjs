// What a streamed chunk costs: all of them in one write (burst), and each in a write of its own (paced).
import { isFull, measure, print, ratio } from './harness.mjs';
import { chunks, readers, subjects } from './streams.mjs';

const form = isFull ? { calls: 80, rounds: 5 } : { calls: 16, rounds: 1 };
const taken = await measure('streams.mjs', Object.keys(subjects), { ...form, concurrency: 4 });
const perChunk = (name, kind) => taken[`${name}, ${kind}`].cpuUs / chunks;
const [base, , routed] = Object.keys(readers);

print(
  `CPU of a streamed chunk, of ${chunks}`,
  ['', 'burst us', 'of undici', 'paced us', 'of undici'],
  Object.keys(readers).map((name) => [
    name,
    ...['burst', 'paced'].flatMap((kind) => [perChunk(name, kind).toFixed(2), ratio(perChunk(name, kind), perChunk(base, kind))]),
  ]),
);
print(
  'Against the targets',
  ['', 'measured', 'at most'],
  [
    ['a routed chunk, burst, of undici', ratio(perChunk(routed, 'burst'), perChunk(base, 'burst')), '2.00x'],
    ['a routed chunk, paced, of undici', ratio(perChunk(routed, 'paced'), perChunk(base, 'paced')), '1.30x'],
  ],
);
