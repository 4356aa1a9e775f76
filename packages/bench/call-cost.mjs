// What a call costs the process that makes it: the SDKs bare and routed, on Node's fetch and on the pool, and what else there is.
import { sdks, subjects } from './calls.mjs';
import { isFull, measure, print, ratio } from './harness.mjs';

/** Long enough that V8 compiles for a small part of it only: what calls often enough for its cost to matter goes on for longer still. */
const form = isFull ? { calls: 15_000, rounds: 3 } : { calls: 700, rounds: 1 };
const taken = await measure('calls.mjs', Object.keys(subjects), { ...form, concurrency: 64 });
const cost = (name) => taken[name].cpuUs;
const raw = cost('global fetch, by hand');

print(
  'CPU of one call, 64 at a time',
  ['', 'us', 'of fetch by hand', 'MB'],
  Object.entries(taken).map(([name, { cpuUs, residentMb }]) => [
    name,
    cpuUs.toFixed(0),
    ratio(cpuUs, raw),
    residentMb.toFixed(0),
  ]),
);
print(
  'Against the targets',
  ['', 'measured', 'at most'],
  [
    [
      'openai routed, of the same bare, both on global fetch',
      ratio(cost('openai, global fetch, routed'), cost('openai, global fetch')),
      '1.10x',
    ],
    ...sdks.flatMap((sdk) => [
      [`${sdk} routed, of the same bare, both pooled`, ratio(cost(`${sdk}, pooled, routed`), cost(`${sdk}, pooled`)), '1.10x'],
      [
        `${sdk} routed and pooled, of the same bare on global fetch`,
        ratio(cost(`${sdk}, pooled, routed`), cost(`${sdk}, global fetch`)),
        '0.50x',
      ],
      [`${sdk} routed and pooled, of fetch by hand`, ratio(cost(`${sdk}, pooled, routed`), raw), '1.00x'],
    ]),
  ],
);
