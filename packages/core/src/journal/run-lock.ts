/** One writer for a run at a time: the highest numbered `lock-<n>` in its folder is the lock. */
import { join } from 'node:path';
import { files } from '../files.ts';
import { messageOf } from '../errors.ts';
import { JournalError } from './journal.ts';
import { isAlive, renewalMs, self, type Owner } from './owner.ts';

/** Gives the lock back. */
export type Release = () => Promise<void>;

/**
 * Takes the lock of a run's folder, or the place of an owner that is dead. Nobody ever removes the lock of another
 * who may live: of two that find the same dead owner, one makes the next number, and the other fails.
 *
 * @throws {JournalError} when somebody has the run open.
 */
export async function lockRun(folder: string, runId: string): Promise<Release> {
  const before = await numbers(folder);
  const top = before.at(-1) ?? 0;
  if (top > 0) await requireDead(folder, runId, top);

  const mine = join(folder, `lock-${top + 1}`);
  const draft = join(folder, `new-${process.pid}-${crypto.randomUUID()}`);
  try {
    await files().writeFile(draft, JSON.stringify(self()), { mode: 0o600 });
    await files().link(draft, mine); // whole or not at all, and never over another
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== 'EEXIST') {
      throw new JournalError('not_written', `Run "${runId}" cannot be locked: ${messageOf(cause)}`, cause);
    }
    throw await lostRace(folder, runId, top + 1);
  } finally {
    await files().rm(draft, { force: true });
  }
  const now = await numbers(folder);
  const last = now.at(-1) ?? 0;
  if (last > top + 1) {
    await files().rm(mine, { force: true });
    throw await lostRace(folder, runId, last);
  }
  for (const number of now) if (number <= top) await files().rm(join(folder, `lock-${number}`), { force: true });

  // Where a process cannot be looked at (another container, say), it is by this that it is known to live.
  const renew = (): Promise<void> => files().utimes(mine, new Date(), new Date());
  const renewal = setInterval(() => renew().catch(() => clearInterval(renewal)), renewalMs);
  renewal.unref();
  return async () => {
    clearInterval(renewal);
    await files().rm(mine, { force: true });
  };
}

async function numbers(folder: string): Promise<readonly number[]> {
  const names = await files().readdir(folder);
  return names
    .flatMap((name) => Number(/^lock-(\d+)$/.exec(name)?.[1] ?? []))
    .filter((number) => number > 0)
    .toSorted((a, b) => a - b);
}

/** Who was faster is asked: it may well be this process. */
async function lostRace(folder: string, runId: string, number: number): Promise<JournalError> {
  await requireDead(folder, runId, number);
  return new JournalError('locked', `Run "${runId}" was opened, and closed again, while it was being opened here`);
}

/** @throws {JournalError} that says who has the run open. */
async function requireDead(folder: string, runId: string, number: number): Promise<void> {
  const file = join(folder, `lock-${number}`);
  let owner: Owner;
  let renewedAt: number;
  try {
    owner = JSON.parse(await files().readFile(file, 'utf8')) as Owner;
    renewedAt = (await files().stat(file)).mtimeMs;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return; // given back in between
    throw new JournalError('unreadable', `${file} is not a lock; remove it if nobody has run "${runId}" open`, error);
  }
  if (!isAlive(owner, renewedAt)) return;
  throw new JournalError(
    'locked',
    owner.pid === process.pid && owner.where === self().where
      ? `Run "${runId}" is open in this process already`
      : `Run "${runId}" is open in process ${owner.pid} on ${owner.where.split(' ')[0]}; if it is not, remove ${file}`,
  );
}
