// What a call costs the process that makes it: the SDKs bare and routed, on Node's fetch and on the pool, and what else there is.
import { sdks, subjects } from './calls.mjs';
import { isFull, measure, print } from './harness.mjs';

/** In the full form V8 has compiled what it will before anything is measured: what calls often enough for its cost to matter goes on for longer still. */
const form = isFull ? { warm: 15_000, calls: 2_500, rounds: 9 } : { warm: 350, calls: 350, rounds: 2 };
const raw = 'global fetch, by hand';
/** What is compared takes turns, and few at a time: one that is left alone for long has lost its place in the processor's caches. */
const sets = Object.fromEntries(
  sdks.map((sdk) => [sdk, ['global fetch', 'pooled', 'pooled, routed'].map((way) => `${sdk}, ${way}`)]),
);
sets.others = Object.keys(subjects).filter((name) => name !== raw && !Object.values(sets).flat().includes(name));
sets.others.unshift('openai, global fetch');

const measured = {};
for (const [set, names] of Object.entries(sets))
  measured[set] = await measure('calls.mjs', [raw, ...names], { ...form, concurrency: 64 });
const of = (set, way, base) => measured[set].of(`${set}, ${way}`, base === undefined ? raw : `${set}, ${base}`);

print(
  'CPU of one call, 64 at a time',
  ['', 'us', 'of fetch by hand', 'MB'],
  Object.values(measured).flatMap(({ medians, of: ofBase }) =>
    Object.entries(medians).map(([name, { cpuUs, residentMb }]) => [
      name,
      cpuUs.toFixed(0),
      ofBase(name, raw),
      residentMb.toFixed(0),
    ]),
  ),
);
print(
  'Against the targets',
  ['', 'measured', 'at most'],
  [
    [
      'openai routed, of the same bare, both on global fetch',
      measured.others.of('openai, global fetch, routed', 'openai, global fetch'),
      '1.10x',
    ],
    ...sdks.flatMap((sdk) => [
      [`${sdk} routed, of the same bare, both pooled`, of(sdk, 'pooled, routed', 'pooled'), '1.10x'],
      [`${sdk} routed and pooled, of the same bare on global fetch`, of(sdk, 'pooled, routed', 'global fetch'), '0.50x'],
      [`${sdk} routed and pooled, of fetch by hand`, of(sdk, 'pooled, routed'), '1.00x'],
    ]),
  ],
);
