/** Steps whose results are written down before they are used. */
import { delay, keyOf, type StepContext, type StepFacts, type Steps } from '../steps.ts';
import { attemptsIn } from '../turn.ts';
import type { Attempt } from '../model.ts';
import type { AppendLog } from './append-log.ts';
import { JournalError } from './journal.ts';
import type { JournalRecord, Past } from './records.ts';

/** The largest record, in characters of its JSON: a journal is for answers, not for files. */
const longestRecord = 8 * 2 ** 20;

export class FileSteps implements Steps {
  readonly #runId: string;
  readonly #log: AppendLog;
  readonly #past: Omit<Past, 'bytes'>;
  readonly #asked = new Set<string>();
  #isClosed = false;

  constructor(runId: string, log: AppendLog, past: Omit<Past, 'bytes'>) {
    this.#runId = runId;
    this.#log = log;
    this.#past = past;
  }

  readonly step = async <Value>(
    name: string,
    work: (context: StepContext) => Promise<Value>,
    { ready }: StepFacts = {},
  ): Promise<Value> => {
    this.#ask(name);
    const { values, begun } = this.#past;
    if (values.has(name)) return values.get(name) as Value;

    await ready?.();
    await this.#write({ type: 'begin', step: name, at: Date.now() }, false);
    let value: Value;
    try {
      value = await work({ idempotencyKey: keyOf(this.#runId, name), interruptedAt: begun.get(name) ?? [] });
    } catch (error) {
      if (!this.#isClosed) await this.#write({ type: 'left', step: name }, false).catch(() => undefined); // `error` is the news
      throw error;
    }
    await this.#write({ type: 'step', step: name, value }, true);
    return value;
  };

  readonly sleep = async (name: string, ms: number, signal?: AbortSignal): Promise<void> => {
    this.#ask(name);
    let due = this.#past.timers.get(name);
    if (due === undefined) {
      due = Date.now() + ms;
      await this.#write({ type: 'timer', step: name, due }, true);
    }
    await delay(Math.min(due - Date.now(), ms), signal); // no longer than asked, whatever was done to the clock
  };

  readonly now = (name: string): Promise<number> => this.step(name, async () => Date.now());

  readonly uuid = (name: string): Promise<string> => this.step(name, async () => crypto.randomUUID());

  superseded(): readonly Attempt[] {
    return [...this.#past.values].flatMap(([name, value]) => (this.#asked.has(name) ? [] : attemptsIn(value)));
  }

  /** What comes after this is refused. */
  close(): void {
    this.#isClosed = true;
  }

  #ask(name: string): void {
    if (this.#isClosed) throw new JournalError('closed', `Step "${name}" of run "${this.#runId}" came after its end`);
    if (this.#asked.has(name))
      throw new TypeError(`Two steps of run "${this.#runId}" are named "${name}", and names have to differ`);
    this.#asked.add(name);
  }

  async #write(record: JournalRecord, sync: boolean): Promise<void> {
    const line = `${JSON.stringify(record)}\n`;
    if (line.length > longestRecord) {
      const step = record.type === 'run' ? '' : record.step;
      throw new JournalError('too_large', `Step "${step}" gave ${line.length} characters, and a journal takes ${longestRecord}`);
    }
    if (this.#isClosed) throw new JournalError('closed', `Run "${this.#runId}" has ended`);
    await this.#log.append(line, sync);
  }
}
