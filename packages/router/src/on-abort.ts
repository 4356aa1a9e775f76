/**
 * One listener for each signal, however many calls follow it: a run may share one signal among thousands. Node warns of a leak at the
 * eleventh listener, and looks through all of them whenever one comes. To raise that limit instead would be to change the caller's
 * signal, cannot be done to one that is not Node's own, and costs several times as much. The map holds nothing of ours: an entry is a
 * field of its signal, and goes with it.
 */
const followers = new WeakMap<AbortSignal, Followers>();

interface Followers {
  readonly all: Set<() => void>;
  readonly tell: () => void;
}

/** Calls `follow` when the signal is aborted, unless `offAbort` comes first. */
export function onAbort(signal: AbortSignal | undefined, follow: () => void): void {
  if (!signal) return;
  const known = followers.get(signal) ?? newFollowers(signal);
  if (known.all.size === 0) {
    followers.set(signal, known);
    signal.addEventListener('abort', known.tell);
  }
  known.all.add(follow);
}

/** Takes it off again. The last to go takes the listener along. */
export function offAbort(signal: AbortSignal | undefined, follow: () => void): void {
  const known = signal && followers.get(signal);
  if (!known?.all.delete(follow) || known.all.size > 0) return;
  signal?.removeEventListener('abort', known.tell);
}

function newFollowers(signal: AbortSignal): Followers {
  const all = new Set<() => void>();
  const tell = (): void => {
    signal.removeEventListener('abort', tell);
    for (const follow of all) {
      all.delete(follow);
      follow();
    }
  };
  return { all, tell };
}
