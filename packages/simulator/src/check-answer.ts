/** The checks on an answer that somebody scripts: it may come from JavaScript, or out of a file. */
import type { AnswerUsage, Finish } from './ask.ts';
import type { ScriptedAnswer, ScriptedCall } from './answers.ts';
import { checkFields, type FieldNames } from './field-names.ts';
import { checkTexts, refused } from './field-values.ts';
import { isRecord } from './json.ts';
import { orderNames } from './orders.ts';

const answerNames: FieldNames<ScriptedAnswer> = {
  text: true,
  toolCalls: true,
  reasoning: true,
  refusal: true,
  usage: true,
  finishReason: true,
  chunks: true,
  ...orderNames,
};
const callNames: FieldNames<ScriptedCall> = { name: true, arguments: true };
const countNames: FieldNames<AnswerUsage> = {
  inputTokens: true,
  outputTokens: true,
  cacheReadTokens: true,
  cacheWriteTokens: true,
  cacheWrite1hTokens: true,
  reasoningTokens: true,
};
const finishes: Readonly<Record<Finish, true>> = { stop: true, length: true, tool_calls: true, content_filter: true };

/** @throws {TypeError} naming the field that no answer can have, or that cannot be what it is. */
export function checkAnswer(answer: ScriptedAnswer): void {
  checkFields('an answer', answer, answerNames);
  const { text, reasoning, refusal, toolCalls, usage, finishReason, chunks } = answer;
  checkTexts({ text, reasoning, refusal });
  if (toolCalls !== undefined) checkCalls(toolCalls);
  if (usage !== undefined) checkUsage(usage);
  if (finishReason !== undefined && !Object.hasOwn(finishes, finishReason)) {
    throw refused('finishReason', finishReason, `one of ${Object.keys(finishes).join(', ')}`);
  }
  if (chunks !== undefined && !(Number.isInteger(chunks) && chunks > 0)) {
    throw refused('chunks', chunks, 'a whole number above 0');
  }
}

function checkCalls(calls: NonNullable<ScriptedAnswer['toolCalls']>): void {
  const list: unknown = calls;
  if (!Array.isArray(list)) throw refused('toolCalls', list, 'a list of calls');
  for (const call of calls) {
    checkFields('a call of toolCalls', call, callNames);
    const { name, arguments: given }: { readonly name: unknown; readonly arguments: unknown } = call;
    if (typeof name !== 'string' || name === '') throw refused('name of a call of toolCalls', name, 'a text that is not empty');
    if (typeof given !== 'string' && !isRecord(given)) {
      throw refused('arguments of a call of toolCalls', given, 'an object, or a text that is sent as it is');
    }
  }
}

function checkUsage(usage: NonNullable<ScriptedAnswer['usage']>): void {
  checkFields('usage', usage, countNames);
  for (const [count, tokens] of Object.entries(usage)) {
    if (tokens === undefined || (Number.isInteger(tokens) && tokens >= 0)) continue;
    throw refused(`usage.${count}`, tokens, 'a whole number, 0 or more');
  }
}
