/** What is found while a configuration is read: problems, which stop it, warnings, and what became of single keys. */
import { redact } from '../errors.ts';
import type { Path, Place, YamlSource } from './yaml-source.ts';

/** What Rolecall does with a key: what it says, something near to it, or nothing. */
export type Treatment = 'honoured' | 'changed' | 'ignored' | 'unknown';

export interface Verdict {
  readonly treatment: Treatment;
  /** What is done instead, or why nothing is. */
  readonly note?: string | undefined;
}

export interface Finding extends Place {
  readonly sentence: string;
}

/** Collects, so that one reading shows every mistake in a file. */
export class Findings {
  readonly problems: Finding[] = [];
  readonly warnings: Finding[] = [];
  readonly verdicts: Map<string, Verdict> = new Map();
  readonly #source: YamlSource;

  constructor(source: YamlSource) {
    this.#source = source;
    this.problems.push(...source.faults);
  }

  /** Nothing is started. The sentence goes on after the name of the key. */
  problem(path: Path, sentence: string): void {
    this.problems.push({ ...this.#source.placeOf(path), sentence: `${nameOf(path)} ${sentence}`.trim() });
  }

  /** What is written there, without secrets: never what a variable holds. */
  shownAt(path: Path): string {
    return shown(this.#source.writtenAt(path), path);
  }

  /** The value is not what it should be. */
  wrong(path: Path, valid: string): void {
    const written = this.#source.writtenAt(path);
    this.problem(
      path,
      written === undefined || written === null
        ? `is missing; it must be ${valid}`
        : `is ${shown(written, path)}; it must be ${valid}`,
    );
  }

  warn(path: Path, sentence: string): void {
    this.warnings.push({ ...this.#source.placeOf(path), sentence });
  }

  /** A deployment cannot be asked for want of a variable. */
  warnMissing(path: Path, variable: string, model: string | undefined): void {
    const effect = model === undefined ? 'the key counts as not there' : `this deployment of "${model}" is not asked`;
    this.warn(path, `the variable ${variable} is not set; ${effect}`);
  }

  /** For this once, the key is treated otherwise than it usually is. */
  verdict(path: Path, treatment: Treatment, note?: string): void {
    this.verdicts.set(nameOf(path), { treatment, note });
  }
}

/** `model_list[2].litellm_params.api_base` */
export function nameOf(path: Path): string {
  const steps = path.map((step) => (typeof step === 'number' ? `[${step}]` : `.${redact(step)}`));
  return steps.join('').replace(/^\./, '');
}

const confidential =
  /key|secret|password|passwd|credential|authorization|header|jwt|webhook|redis_url|environment_variables|(?<!_per_)token$/i;

/** Only the kind of what may be secret, and of what has parts. */
export function shown(value: unknown, path: Path): string {
  if (Array.isArray(value)) return value.length === 0 ? 'an empty list' : 'a list';
  if (typeof value === 'object' && value !== null) return 'a map';
  if (typeof value === 'string' && value.startsWith('os.environ/')) return value;
  if (path.some((step, index) => confidential.test(String(step)) && !isListOfKeys(path, index))) return `a ${typeof value}`;
  return typeof value === 'string' ? JSON.stringify(redact(value).slice(0, 80)) : String(value);
}

/** What is said of a key, such as its budget, is no secret; only a map of it has a name before its value. */
function isListOfKeys(path: Path, index: number): boolean {
  return path[index] === 'keys' && typeof path[index + 1] === 'number' && path.length > index + 2;
}
