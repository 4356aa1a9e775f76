/** A model's turn as it is kept in a journal. */
import type { Attempt, ModelResponse } from './model.ts';

/** Either `response` or `failure`; the attempts are those of both, and each belongs to one turn alone. */
export interface Turn {
  readonly response?: ModelResponse | undefined;
  /** What the model threw, in words. */
  readonly failure?: string | undefined;
  readonly attempts: readonly Attempt[];
  readonly durationMs: number;
  /** How long to wait until the model is asked again. */
  readonly waitMs?: number | undefined;
}

/** Without what providers said in their own words, which is large, may not be JSON, and has been read by now. */
export function storable({ response, failure, attempts, durationMs, waitMs }: Turn): Turn {
  return { response: response && storableResponse(response), failure, attempts: attempts.map(withoutSource), durationMs, waitMs };
}

/** Written out, as spreading it takes V8 microseconds. Its attempts are those of the turn. */
function storableResponse(response: ModelResponse): Required<Omit<ModelResponse, 'attempts'>> {
  const { model, text, content, toolCalls, refusal, finishReason, metadata } = response;
  const { usage } = withoutSource(response);
  const told = metadata && { ...metadata, raw: undefined };
  return { model, text, content, toolCalls, refusal, finishReason, usage, metadata: told };
}

function withoutSource<Figures extends Pick<Attempt, 'usage'>>(figures: Figures): Figures {
  return figures.usage?.source === undefined ? figures : { ...figures, usage: { ...figures.usage, source: undefined } };
}

/** The attempts in a journaled value, if it is a model's turn. */
export function attemptsIn(value: unknown): readonly Attempt[] {
  const attempts = (value as Partial<Turn> | null | undefined)?.attempts;
  return Array.isArray(attempts) ? attempts : [];
}
