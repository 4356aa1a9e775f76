/** Reports the first failure of something that must fail no call, as a process warning, and keeps quiet after it. */
export function warnOnce(what: string): (error: unknown) => void {
  let warned = false;
  return (error) => {
    if (warned) return;
    warned = true;
    const detail = error instanceof Error ? error.stack : undefined;
    process.emitWarning(`${what} failed: ${String(error)}`, {
      type: 'RolecallWarning',
      ...(detail === undefined ? {} : { detail }),
    });
  };
}
