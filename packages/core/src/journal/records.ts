/** The lines of a journal: one JSON object each. */
import { JournalError } from './journal.ts';

/** `begin` without a `step` after it was cut off by a crash; `left` takes one `begin` back. */
export type JournalRecord =
  | { readonly type: 'run'; readonly version: 1; readonly runId: string }
  | { readonly type: 'begin'; readonly step: string; readonly at: number }
  | { readonly type: 'left'; readonly step: string }
  | { readonly type: 'step'; readonly step: string; readonly value?: unknown }
  | { readonly type: 'timer'; readonly step: string; readonly due: number };

/** What earlier processes left of a run. */
export interface Past {
  /** What finished steps gave. */
  readonly values: Map<string, unknown>;
  /** When tries began that nobody ended. */
  readonly begun: Map<string, readonly number[]>;
  /** When waits are over. */
  readonly timers: Map<string, number>;
  /** Where the last whole record ends: what is after it is torn. */
  readonly bytes: number;
}

const newline = 0x0a;

/** @throws {JournalError} when a line that is not the last cannot be read, or the run is another. */
export function readRecords(file: string, content: Buffer, runId: string): Past {
  const past = {
    values: new Map<string, unknown>(),
    begun: new Map<string, readonly number[]>(),
    timers: new Map<string, number>(),
  };
  let start = 0;
  for (let line = 1; start < content.length; line++) {
    const end = content.indexOf(newline, start);
    if (end === -1) break; // torn: the process ended while it wrote this
    const record = parse(content.toString('utf8', start, end));
    if (!record) {
      // Nothing was built on a last line, or there would be one after it.
      if (end === content.length - 1 && line > 1) break;
      throw new JournalError(
        'unreadable',
        `${file}, line ${line}, is not a record of a journal; nothing was changed in the file`,
      );
    }
    if (line === 1) checkHead(file, record, runId);
    take(past, record);
    start = end + 1;
  }
  return { ...past, bytes: start };
}

function parse(line: string): JournalRecord | undefined {
  try {
    const record = JSON.parse(line) as Partial<JournalRecord> | null;
    return typeof record?.type === 'string' ? (record as JournalRecord) : undefined;
  } catch {
    return undefined; // the caller knows which line it is
  }
}

function checkHead(file: string, record: JournalRecord, runId: string): void {
  if (record.type !== 'run') throw new JournalError('unreadable', `${file} does not begin as a journal does`);
  if (record.version !== 1) {
    throw new JournalError(
      'unreadable',
      `${file} was written by a newer release (version ${String(record.version)} of the format)`,
    );
  }
  if (record.runId !== runId) throw new JournalError('unreadable', `${file} is of run "${record.runId}", not of "${runId}"`);
}

function take({ values, begun, timers }: Omit<Past, 'bytes'>, record: JournalRecord): void {
  if (record.type === 'begin') begun.set(record.step, [...(begun.get(record.step) ?? []), record.at]);
  if (record.type === 'left') begun.set(record.step, (begun.get(record.step) ?? []).slice(0, -1));
  if (record.type === 'timer') timers.set(record.step, record.due);
  if (record.type === 'step') {
    values.set(record.step, record.value);
    begun.delete(record.step);
  }
}
