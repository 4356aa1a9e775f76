import type { Io } from '../io.ts';

const barWidth = 30;

export interface Progress {
  /** One more is done. */
  step(what: string): void;
  /** Takes the bar away. */
  end(): void;
}

/** A bar on a terminal's stderr; nothing elsewhere, so that logs stay readable. */
export function progressOf(total: number, { stderr }: Io): Progress {
  if (!stderr.isTTY || total === 0) return { step: () => undefined, end: () => undefined };
  let done = 0;
  const draw = (what: string): void => {
    const filled = Math.round((done / total) * barWidth);
    stderr.write(`\r\u{1B}[2K[${'#'.repeat(filled)}${'-'.repeat(barWidth - filled)}] ${done}/${total} ${what}`);
  };
  draw('');
  return {
    step(what) {
      done += 1;
      draw(what);
    },
    end: () => void stderr.write('\r\u{1B}[2K'),
  };
}
