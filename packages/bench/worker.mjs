// Measures one subject in a process of its own, and prints the user and system time of a call in microseconds, and the memory in use.
// node --expose-gc worker.mjs <subjects> <subject> <url> <calls> <concurrency>
const [, , file, name, url, calls, concurrency] = process.argv;
const { subjects } = await import(`./${file}`);
const call = await subjects[name](url);

async function many(count) {
  let left = count;
  await Promise.all(
    Array.from({ length: Number(concurrency) }, async () => {
      while (left-- > 0) await call();
    }),
  );
}

await many(Math.ceil(Number(calls) / 2));
globalThis.gc();
const before = process.cpuUsage();
const startedAt = performance.now();
await many(Number(calls));
const wallMs = performance.now() - startedAt;
const { user, system } = process.cpuUsage(before);
const peakMb = process.resourceUsage().maxRSS / 1e3; // given in kilobytes
process.send({ cpuUs: (user + system) / Number(calls), residentMb: process.memoryUsage.rss() / 1e6, wallMs, peakMb });
process.exit(); // idle connections are nobody's concern here
