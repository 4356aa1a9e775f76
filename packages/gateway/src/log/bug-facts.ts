const maxFrames = 8;

/** Where a bug is, for the log. What it says stays out: errors quote what they stumbled over, which may be a prompt. */
export function bugFacts(error: unknown): { readonly bug: string; readonly at: readonly string[] } {
  if (!(error instanceof Error)) return { bug: typeof error, at: [] };
  const lines = (error.stack ?? '').split('\n').map((line) => line.trim());
  return { bug: error.name, at: lines.filter((line) => line.startsWith('at ')).slice(0, maxFrames) };
}
