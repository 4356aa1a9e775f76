// What it costs to pass over a backend that is known to be down.
import { subjects } from './chains.mjs';
import { isFull, measure, print, ratio } from './harness.mjs';

const form = isFull ? { calls: 4_000, rounds: 5 } : { calls: 700, rounds: 2 };
const names = Object.keys(subjects);
const taken = await measure('chains.mjs', names, { ...form, concurrency: 64 });
const [sound, cooling] = names.map((name) => taken[name].cpuUs);

print(
  'CPU of one call through a chain of two',
  ['', 'us', 'of a sound chain', 'at most'],
  [
    [names[0], sound.toFixed(0), ratio(sound, sound), ''],
    [names[1], cooling.toFixed(0), ratio(cooling, sound), '1.00x'],
  ],
);
