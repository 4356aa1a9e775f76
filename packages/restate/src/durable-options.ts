/** What a worker may be told, and the checks on it. */
import { invalidOption, requireOptions, requirePositive, type OptionNames } from './check.ts';

export interface DurableOptions {
  /** The longest that one model or tool call may take before the server gives up on the worker, and the call is made again. @default 900_000 */
  readonly callTimeoutMs?: number | undefined;
  /** How long ended runs are kept: after that, the same run id begins a new run. @default 30 */
  readonly retentionDays?: number | undefined;
  /** How many model and tool calls this worker has under way at once, those of all its runs together. @default 64 */
  readonly maxLiveTasks?: number | undefined;
  /** How long to wait when every backend has failed, before that step is done again. @default 60_000 */
  readonly retryAfterMs?: number | undefined;
  /** How often one step waits so before the run fails. @default 1440, which is a day of the default waits */
  readonly maxWaits?: number | undefined;
  /** The most that one step may give. @default 8_388_608 */
  readonly maxValueBytes?: number | undefined;
  /** Keeps the events of every run, for whoever asks. @default true */
  readonly events?: boolean | undefined;
  /** Journals the beginning of every step, so that a call lost in a crash is on the ledger as `possiblyBilled`. @default true */
  readonly recordLost?: boolean | undefined;
  /** Public keys of the servers that may call this worker. @default any may that reaches its port */
  readonly identityKeys?: readonly string[] | undefined;
  /** Told what the engine has to say. One that fails ends nothing: its first failure is a warning of the process. @default warnings and errors go to the console */
  readonly onLog?: ((level: string, message: string) => void) | undefined;
}

type Optional = 'identityKeys';

/** The options with their defaults. */
export type DurableSettings = {
  readonly [Name in Exclude<keyof DurableOptions, Optional>]-?: NonNullable<DurableOptions[Name]>;
} & Pick<DurableOptions, Optional>;

const durableOptions: OptionNames<DurableOptions> = {
  callTimeoutMs: true,
  retentionDays: true,
  maxLiveTasks: true,
  retryAfterMs: true,
  maxWaits: true,
  maxValueBytes: true,
  events: true,
  recordLost: true,
  identityKeys: true,
  onLog: true,
};

/** @throws {TypeError} when an option is not valid. */
export function settingsOf(options: DurableOptions): DurableSettings {
  requireOptions('durable', options, durableOptions);
  const settings: DurableSettings = {
    callTimeoutMs: options.callTimeoutMs ?? 900_000,
    retentionDays: options.retentionDays ?? 30,
    maxLiveTasks: options.maxLiveTasks ?? 64,
    retryAfterMs: options.retryAfterMs ?? 60_000,
    maxWaits: options.maxWaits ?? 1_440,
    maxValueBytes: options.maxValueBytes ?? 8 * 2 ** 20,
    events: options.events ?? true,
    recordLost: options.recordLost ?? true,
    identityKeys: options.identityKeys,
    onLog: options.onLog ?? toConsole,
  };
  requirePositive('durable', 'callTimeoutMs', settings.callTimeoutMs, 'milliseconds');
  requirePositive('durable', 'retentionDays', settings.retentionDays, 'days');
  requirePositive('durable', 'retryAfterMs', settings.retryAfterMs, 'milliseconds');
  requirePositive('durable', 'maxValueBytes', settings.maxValueBytes, 'bytes');
  for (const field of ['maxLiveTasks', 'maxWaits'] as const) {
    const value = settings[field];
    if (!Number.isSafeInteger(value) || value < 1) throw invalidOption('durable', field, value, 'a whole number above 0');
  }
  checkKinds(settings);
  return settings;
}

function checkKinds({ events, recordLost, identityKeys, onLog }: DurableSettings): void {
  for (const [field, flag] of Object.entries({ events, recordLost })) {
    if (typeof flag !== 'boolean') throw invalidOption('durable', field, flag, 'true or false');
  }
  if (identityKeys !== undefined && !Array.isArray(identityKeys)) {
    throw invalidOption('durable', 'identityKeys', identityKeys, 'an array of public keys');
  }
  if (typeof onLog !== 'function') throw invalidOption('durable', 'onLog', onLog, 'a function');
}

function toConsole(level: string, message: string): void {
  if (level === 'warn' || level === 'error') console.warn(`[restate] ${message}`);
}
