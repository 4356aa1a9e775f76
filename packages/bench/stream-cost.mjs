// What a streamed chunk costs: all of them in one write (burst), and each in a write of its own (paced).
import { isFull, measure, print } from './harness.mjs';
import { chunks, readers, subjects } from './streams.mjs';

const form = isFull ? { warm: 80, calls: 40, rounds: 9 } : { warm: 8, calls: 8, rounds: 2 };
const { medians, of } = await measure('streams.mjs', Object.keys(subjects), { ...form, concurrency: 4 });
const perChunk = (name, kind) => (medians[`${name}, ${kind}`].cpuUs / chunks).toFixed(2);
const ofBase = (name, kind) => of(`${name}, ${kind}`, `${base}, ${kind}`);
const [base, , routed] = Object.keys(readers);

print(
  `CPU of a streamed chunk, of ${chunks}`,
  ['', 'burst us', 'of undici', 'paced us', 'of undici'],
  Object.keys(readers).map((name) => [name, ...['burst', 'paced'].flatMap((kind) => [perChunk(name, kind), ofBase(name, kind)])]),
);
print(
  'Against the targets',
  ['', 'measured', 'at most'],
  [
    ['a routed chunk, burst, of undici', ofBase(routed, 'burst'), '2.00x'],
    ['a routed chunk, paced, of undici', ofBase(routed, 'paced'), '1.30x'],
  ],
);
