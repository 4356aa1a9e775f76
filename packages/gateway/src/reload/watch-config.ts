/** Notices that the configuration has changed. The folder is watched: editors and Kubernetes put another file in the place of the old. */
import { readFileSync, watch } from 'node:fs';
import { dirname } from 'node:path';

const settleMs = 200;

export interface ConfigWatch {
  close(): void;
}

/** Calls `onChange` when the file says something else than before, once it has come to rest. */
export function watchConfig(path: string, onChange: () => void): ConfigWatch {
  let text = contentOf(path);
  let timer: NodeJS.Timeout | undefined;
  const look = (): void => {
    const now = contentOf(path);
    if (now === undefined || now === text) return; // gone for a moment, or as it was
    text = now;
    onChange();
  };
  const watcher = watch(dirname(path), { persistent: false }, () => {
    clearTimeout(timer);
    timer = setTimeout(look, settleMs).unref();
  });
  watcher.on('error', () => undefined); // the folder is gone; SIGHUP still works
  return {
    close: () => {
      clearTimeout(timer);
      watcher.close();
    },
  };
}

function contentOf(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}
