// Does as many calls of a subject as it is told to, and tells the user and system time of one in microseconds, and the memory in use.
// node --expose-gc worker.mjs <subjects> <url> <concurrency>
const [, , file, url, concurrency] = process.argv;
const { subjects } = await import(`./${file}`);
const made = new Map();

async function many(call, count) {
  let left = count;
  await Promise.all(
    Array.from({ length: Number(concurrency) }, async () => {
      while (left-- > 0) await call();
    }),
  );
}

async function measured(call, calls) {
  const before = process.cpuUsage();
  const startedAt = performance.now();
  await many(call, calls);
  const wallMs = performance.now() - startedAt;
  const { user, system } = process.cpuUsage(before);
  const peakMb = process.resourceUsage().maxRSS / 1e3; // given in kilobytes
  return { cpuUs: (user + system) / calls, residentMb: process.memoryUsage.rss() / 1e6, wallMs, peakMb };
}

process.on('message', async ({ name, calls }) => {
  const isWarm = made.has(name);
  if (!isWarm) made.set(name, await subjects[name](url));
  const sample = await measured(made.get(name), calls);
  if (!isWarm) globalThis.gc(); // what warming up left behind is no part of the first turn
  process.send(sample);
});
process.on('disconnect', () => process.exit());
