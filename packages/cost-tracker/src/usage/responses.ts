/** OpenAI's responses: https://platform.openai.com/docs/api-reference/responses/object */
import { countAt, isPayload, objectAt, objectsAt, textAt, usageIn, type Payload } from './payload.ts';
import type { Reading, ServerTools } from './reading.ts';

/** A response, the event that ends a stream of one, or its usage alone. */
export function readResponse(payload: Payload): Reading {
  const response = isPayload(payload['response']) ? payload['response'] : payload;
  const usage = usageIn(response);
  const input = objectAt(usage, 'input_tokens_details');
  return {
    usage: {
      inputTokens: countAt(usage, 'input_tokens'),
      outputTokens: countAt(usage, 'output_tokens'),
      cacheReadTokens: countAt(input, 'cached_tokens'),
      cacheWriteTokens: countAt(input, 'cache_write_tokens'),
      reasoningTokens: countAt(objectAt(usage, 'output_tokens_details'), 'reasoning_tokens'),
    },
    servedModel: textAt(response, 'model'),
    serviceTier: textAt(response, 'service_tier'),
    serverTools: toolsIn(response),
  };
}

/** Calls are items of the output; of searches the API also counts those that are billed. */
function toolsIn(response: Payload): ServerTools | undefined {
  const calls = new Map<string, number>();
  for (const item of objectsAt(response, 'output')) {
    const name = hosted.exec(textAt(item, 'type') ?? '')?.[1];
    if (name !== undefined) calls.set(name, (calls.get(name) ?? 0) + 1);
  }
  const billed = objectAt(objectAt(response, 'tool_usage'), 'web_search')['num_requests'];
  if (typeof billed === 'number') calls.set('web_search', billed);
  return calls.size === 0 ? undefined : Object.fromEntries(calls);
}

/** Tools that run at OpenAI's; functions and shells of the caller's do not. */
const hosted = /^(web_search|file_search|code_interpreter|image_generation)_call$/;
