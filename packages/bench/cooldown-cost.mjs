// What it costs to pass over a backend that is known to be down.
import { subjects } from './chains.mjs';
import { isFull, measure, print } from './harness.mjs';

const form = isFull ? { warm: 15_000, calls: 500, rounds: 251 } : { warm: 350, calls: 350, rounds: 3 };
const names = Object.keys(subjects);
const { medians, of } = await measure('chains.mjs', names, { ...form, concurrency: 64, together: true });
const [sound, cooling] = names;

print(
  'CPU of one call through a chain of two',
  ['', 'us', 'of a sound chain', 'at most'],
  [
    [sound, medians[sound].cpuUs.toFixed(0), of(sound, sound), ''],
    [cooling, medians[cooling].cpuUs.toFixed(0), of(cooling, sound), '1.00x'],
  ],
);
