import type { Model } from '@rolecall/core';
import { CostTracker } from '@rolecall/cost-tracker';
import { ModelError, timeout } from '@rolecall/router';
import type { LoadedConfig } from '@rolecall/router/config';
import { chattersOf, pricesOf } from '../config-file.ts';
import { CommandError } from '../exit-codes.ts';
import type { Io } from '../io.ts';
import type { BenchOptions } from './bench.ts';
import { judgeAnswer, type Judgement } from './judge.ts';

/** The first answer of each model. */
export type Answers = ReadonlyMap<string, string>;

/** The judge, and what it costs: never mixed with the figures of those it judges. */
export class Jury {
  readonly tracker: CostTracker;
  readonly judgeName: string;
  readonly referenceName: string;
  readonly #judge: Model;
  readonly #reference: Model;
  readonly #options: BenchOptions;
  readonly #io: Io;

  constructor(config: LoadedConfig, options: BenchOptions, io: Io) {
    this.tracker = new CostTracker({ prices: pricesOf(config) });
    this.judgeName = options.judge ?? '';
    this.referenceName = options.reference ?? chattersOf(config)[0]?.name ?? '';
    [this.#judge, this.#reference] = [this.judgeName, this.referenceName].map((name) => {
      const [first] = chattersOf(config, [name]);
      return timeout({ attemptMs: options.timeout })(this.tracker.wrap(first!.model));
    }) as [Model, Model];
    this.#options = options;
    this.#io = io;
  }

  async judge(answers: Answers): Promise<readonly Judgement[]> {
    const { prompt, maxTokens } = this.#options;
    const { signal } = this.#io;
    const reference = answers.get(this.referenceName) ?? (await this.#askReference(prompt, maxTokens));
    const judgements: Judgement[] = [];
    for (const [id, answer] of answers) {
      if (id === this.referenceName) continue; // against itself it would only be as good as it is
      judgements.push(await judgeAnswer(id, answer, { judge: this.#judge, prompt, reference, signal }));
    }
    return judgements;
  }

  async #askReference(prompt: string, maxOutputTokens: number): Promise<string> {
    try {
      const messages = [{ role: 'user', content: prompt }] as const;
      return (await this.#reference({ messages, settings: { maxOutputTokens }, signal: this.#io.signal })).text;
    } catch (error) {
      if (!ModelError.isInstance(error) || this.#io.signal.aborted) throw error;
      throw new CommandError(`There is no reference to judge against: ${error.message}. Name another with --reference.`, {
        cause: error,
      });
    }
  }
}
