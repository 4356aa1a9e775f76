/** Embeddings, which are always relayed: https://platform.openai.com/docs/api-reference/embeddings */
import { badRequest } from '../http/refusal.ts';
import { chat } from '../wire/chat.ts';
import { chatSettings } from '../wire/chat-request.ts';
import type { Dialect } from '../wire/dialect.ts';
import type { Fields } from '../wire/reader.ts';

/** As far as it goes: there are no messages, no streams, and no words of ours for the vectors. */
export const embeddings: Dialect = {
  api: 'embeddings',
  read(body) {
    checkInput(body);
    return { request: { messages: [] }, isStream: false, wireOnly: ['embeddings'], unknown: [] };
  },
  readMessages() {
    throw badRequest('A fallback for embeddings has no messages.', 'fallbacks');
  },
  settings: chatSettings,
  answer() {
    throw new Error('An answer with embeddings came without them.');
  },
  events: (facts) => chat.events(facts),
  problem: (problem, callId) => chat.problem(problem, callId),
  problemEvent: (problem, callId) => chat.problemEvent(problem, callId),
};

const isText = (one: unknown): boolean => typeof one === 'string';
const isToken = (one: unknown): boolean => Number.isSafeInteger(one);
const isTokens = (one: unknown): boolean => Array.isArray(one) && one.length > 0 && one.every(isToken);

function checkInput({ input }: Fields): void {
  const isList = Array.isArray(input) && input.length > 0 && [isText, isToken, isTokens].some((holds) => input.every(holds));
  if (!isText(input) && !isList) throw badRequest('input must be a string, a list of strings, or tokens.', 'input');
}
