/** What the shell is told. */
export const exitCodes = {
  fine: 0,
  /** The command ran, and found that something is not as it should be. */
  failed: 1,
  /** The command could not run: its arguments, or a file it needs, are wrong. */
  unusable: 2,
  /** Ctrl-C. */
  interrupted: 130,
} as const;

/** Why a command could not run, and what to do: printed as it is, without a stack. */
export class CommandError extends Error {
  override readonly name = 'CommandError';
}
