// What a call costs the process that makes it: the SDKs bare and routed, on Node's fetch and on the pool, and what else there is.
import { sdks, subjects } from './calls.mjs';
import { isFull, measure, print } from './harness.mjs';

/** In the full form V8 has compiled what it will before anything is measured: what calls often enough for its cost to matter goes on for longer still. */
const form = isFull ? { warm: 15_000, calls: 2_500, rounds: 9 } : { warm: 350, calls: 350, rounds: 2 };
const { medians, of } = await measure('calls.mjs', Object.keys(subjects), { ...form, concurrency: 64 });
const raw = 'global fetch, by hand';

print(
  'CPU of one call, 64 at a time',
  ['', 'us', 'of fetch by hand', 'MB'],
  Object.entries(medians).map(([name, { cpuUs, residentMb }]) => [name, cpuUs.toFixed(0), of(name, raw), residentMb.toFixed(0)]),
);
print(
  'Against the targets',
  ['', 'measured', 'at most'],
  [
    [
      'openai routed, of the same bare, both on global fetch',
      of('openai, global fetch, routed', 'openai, global fetch'),
      '1.10x',
    ],
    ...sdks.flatMap((sdk) => [
      [`${sdk} routed, of the same bare, both pooled`, of(`${sdk}, pooled, routed`, `${sdk}, pooled`), '1.10x'],
      [
        `${sdk} routed and pooled, of the same bare on global fetch`,
        of(`${sdk}, pooled, routed`, `${sdk}, global fetch`),
        '0.50x',
      ],
      [`${sdk} routed and pooled, of fetch by hand`, of(`${sdk}, pooled, routed`, raw), '1.00x'],
    ]),
  ],
);
