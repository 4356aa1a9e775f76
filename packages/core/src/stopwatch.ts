/** Milliseconds since this was called, whatever is done to the clock of the machine meanwhile. */
export function stopwatch(): () => number {
  const begun = performance.now();
  return () => Math.round(performance.now() - begun);
}
