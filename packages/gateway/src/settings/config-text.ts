import type { LoadedConfig } from '@rolecall/router/config';
import { z } from 'zod';

/** A configuration as it was written: its sections, and where in it something stands. */
export class ConfigText {
  readonly #loaded: LoadedConfig;
  readonly #file: string;

  constructor(loaded: LoadedConfig, file: string) {
    this.#loaded = loaded;
    this.#file = file;
  }

  /** What is the gateway's own in a section. @throws {TypeError} when something there is wrong. */
  section<Shape>(name: string, shape: z.ZodType<Shape>): Shape {
    const given = this.#loaded.file[name] ?? {};
    const known = shape instanceof z.ZodObject ? Object.keys(shape.shape) : [];
    const read = shape.safeParse(Object.fromEntries(Object.entries(given).filter(([key]) => known.includes(key))));
    if (read.success) return read.data;
    const issue = read.error.issues[0];
    return this.fail([name, ...(issue?.path ?? [])].join('.'), `must be ${issue?.message ?? 'something else'}`);
  }

  isWritten(key: string): boolean {
    return this.#loaded.report.some((one) => one.key === key);
  }

  warning(sentence: string): string {
    return `${this.#file}: ${sentence}`;
  }

  /** What is there is never said: it may be a secret. */
  fail(key: string, sentence: string): never {
    const written = key.replaceAll(/\.(\d+)/g, '[$1]');
    const line = this.#loaded.report.findLast(
      (one) => written === one.key || written.startsWith(`${one.key}.`) || written.startsWith(`${one.key}[`),
    )?.line;
    throw new TypeError(`${this.#file}${line === undefined ? '' : `:${line}`}: ${written} ${sentence}`);
  }
}
