import type { Message, ModelRequest, Part } from '@rolecall/core';

const bytesPerToken = 4;
const tokensPerMessage = 4;
const tokensPerMedium = 1_000;

/** About how many tokens the input of a request has: a quarter of its bytes in UTF-8. Exact counting costs more than it would save. */
export function estimateTokens({ messages, tools, outputSchema, wire }: ModelRequest): number {
  let tokens = 0;
  for (const message of messages) tokens += tokensPerMessage + tokensOfMessage(message);
  if (tools) tokens += tokensOfText(JSON.stringify(tools));
  if (outputSchema) tokens += tokensOfText(JSON.stringify(outputSchema.schema));
  if (wire && messages.length === 0) tokens += tokensOfText(JSON.stringify(wire.body)); // embeddings have no messages
  return Math.ceil(tokens);
}

function tokensOfMessage(message: Message): number {
  const { content } = message;
  let tokens = 0;
  if (typeof content === 'string') tokens += tokensOfText(content);
  else for (const part of content) tokens += tokensOfPart(part);
  if (message.role === 'assistant') {
    for (const call of message.toolCalls ?? []) tokens += tokensOfText(call.name) + tokensOfText(call.arguments);
  }
  return tokens;
}

/** The bytes of a picture say nothing about its tokens. */
function tokensOfPart(part: Part): number {
  return part.type === 'text' || part.type === 'reasoning' ? tokensOfText(part.text) : tokensPerMedium;
}

function tokensOfText(text: string): number {
  return Buffer.byteLength(text) / bytesPerToken;
}
