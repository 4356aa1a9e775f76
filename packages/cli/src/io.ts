/** What a command may touch: two outputs, variables, a folder, and a way to be told to stop. */
export interface Io {
  readonly stdout: Output;
  readonly stderr: Output;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Paths are relative to it. */
  readonly cwd: string;
  /** Ends what is going on: Ctrl-C, in a terminal. */
  readonly signal: AbortSignal;
  /** Calls `listener` when a file is to be read anew (SIGHUP), until the function it returns is called. @default never */
  readonly onHangup?: ((listener: () => void) => () => void) | undefined;
  /** Asks the person at the terminal. @default there is nobody to ask */
  readonly ask?: ((question: string) => Promise<string>) | undefined;
}

export interface Output {
  write(text: string): unknown;
  /** It is a terminal. @default false */
  readonly isTTY?: boolean | undefined;
  /** Its width in characters. @default 80 */
  readonly columns?: number | undefined;
}

/** The width to write for, within reason. */
export function widthOf({ columns = 80 }: Output): number {
  return Math.max(40, Math.min(columns || 80, 160));
}
