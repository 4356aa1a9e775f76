// One subject in a process of its own: does as many calls as it is told to, and tells the user and system time of one in microseconds,
// and the memory in use. node --expose-gc worker.mjs <subjects> <subject> <url> <concurrency>
const [, , file, name, url, concurrency] = process.argv;
const { subjects } = await import(`./${file}`);
const call = await subjects[name](url);
let isWarm = false;

async function many(count) {
  let left = count;
  await Promise.all(
    Array.from({ length: Number(concurrency) }, async () => {
      while (left-- > 0) await call();
    }),
  );
}

async function measured(calls) {
  const before = process.cpuUsage();
  const startedAt = performance.now();
  await many(calls);
  const wallMs = performance.now() - startedAt;
  const { user, system } = process.cpuUsage(before);
  const peakMb = process.resourceUsage().maxRSS / 1e3; // given in kilobytes
  return { cpuUs: (user + system) / calls, residentMb: process.memoryUsage.rss() / 1e6, wallMs, peakMb };
}

process.on('message', async (calls) => {
  const sample = await measured(calls);
  if (!isWarm) globalThis.gc(); // what warming up left behind is no part of the first turn
  isWarm = true;
  process.send(sample);
});
process.on('disconnect', () => process.exit());
