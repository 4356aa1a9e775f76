/** Runs kept in files: a folder for each, with one file of records in it. */
import type { FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { files } from '../files.ts';
import { invalid, requireText } from '../check.ts';
import { messageOf } from '../errors.ts';
import { makeFolder } from '../make-folder.ts';
import { AppendLog } from './append-log.ts';
import { FileSteps } from './file-steps.ts';
import { JournalError, type Journal, type OpenRun } from './journal.ts';
import { readRecords, type JournalRecord, type Past } from './records.ts';
import { lockRun, type Release } from './run-lock.ts';

/** Names that mean the same file on every system, and lead nowhere else. */
const validRunId = /^[A-Za-z0-9_-](?:[A-Za-z0-9._-]{0,126}[A-Za-z0-9_-])?$/;

/**
 * A journal in a folder of this machine. What a step gives is on the disk before it is used; files can be read by their
 * owner alone, as they hold prompts and answers. They stay until you remove them.
 *
 * @example
 * const journal = fileJournal('./runs');
 * await crew.kickoff({ topic: 'AI trends' }, { journal, runId: 'order-42' }); // after a crash: the same line again
 *
 * @throws {TypeError} when the folder is not a path.
 */
export function fileJournal(folder: string): Journal {
  requireText('fileJournal', 'folder', folder);
  return Object.freeze({ open: (runId: string) => openRun(folder, runId) });
}

async function openRun(root: string, runId: string): Promise<OpenRun> {
  if (!validRunId.test(runId)) {
    const valid = 'letters, digits, ".", "_" and "-", at most 128 and with no dot at either end, as it names a folder';
    throw invalid('kickoff', 'runId', runId, valid);
  }
  const folder = join(root, runId);
  try {
    await makeFolder(folder, 0o700);
    await requireLocal(folder);
    return await openLocked(folder, runId, await lockRun(folder, runId));
  } catch (cause) {
    if (JournalError.isInstance(cause)) throw cause;
    throw new JournalError('not_written', `Run "${runId}" cannot be opened in ${folder}: ${messageOf(cause)}`, cause);
  }
}

async function openLocked(folder: string, runId: string, release: Release): Promise<OpenRun> {
  let file: FileHandle | undefined;
  try {
    const path = join(folder, 'journal.jsonl');
    file = await files().open(path, 'a+', 0o600);
    const past = await takeUp(file, path, runId);
    return openedRun({ runId, path, file, past, release });
  } catch (error) {
    await file?.close();
    await release();
    throw error;
  }
}

/** Reads what is there, and takes off what a crash has torn. */
async function takeUp(file: FileHandle, path: string, runId: string): Promise<Past> {
  const content = await file.readFile();
  const past = readRecords(path, content, runId);
  if (past.bytes < content.length) await file.truncate(past.bytes);
  if (past.bytes > 0) return past;
  const head: JournalRecord = { type: 'run', version: 1, runId };
  await new AppendLog(file, path).append(`${JSON.stringify(head)}\n`, true);
  return past;
}

interface Opened {
  readonly runId: string;
  readonly path: string;
  readonly file: FileHandle;
  readonly past: Past;
  readonly release: () => Promise<void>;
}

function openedRun({ runId, path, file, past, release }: Opened): OpenRun {
  const log = new AppendLog(file, path);
  const steps = new FileSteps(runId, log, past);
  return {
    steps,
    superseded: () => steps.superseded(),
    close: async () => {
      steps.close();
      await log.settle();
      await file.close();
      await release();
    },
  };
}

/** NFS, SMB and CIFS, by their magic numbers (linux/magic.h): there, locks and syncs do not mean what they say. */
const networkFileSystems: ReadonlySet<number> = new Set([0x6969, 0x517b, 0xff534d42, 0xfe534d42]);

async function requireLocal(folder: string): Promise<void> {
  const { type } = await files().statfs(folder);
  if (networkFileSystems.has(type >>> 0)) {
    throw new JournalError(
      'unreadable',
      `${folder} is on a network file system, where a journal could be written by two at once`,
    );
  }
}
