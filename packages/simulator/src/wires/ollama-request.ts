/** Reads bodies of Ollama's native API. Source: docs/api.md of ollama/ollama. */
import { promptBlock, type Ask, type AskedTool, type PromptBlock, type Turn } from '../ask.ts';
import { isRecord, listOf, numberOf, recordOf, textOf, textsOf, type JsonRecord } from '../json.ts';
import { anyObject } from './chat-request.ts';
import { invalid } from './problem.ts';

export function readOllamaChat(body: JsonRecord): Ask {
  const messages = listOf(body['messages']);
  messages.forEach((message, index) => {
    if (!isRecord(message) || typeof message['role'] !== 'string')
      invalid(`json: cannot unmarshal messages[${index}] into a message`);
    if (typeof (message['content'] ?? '') !== 'string')
      invalid('json: cannot unmarshal array into Go struct field ChatRequest.messages.content of type string');
  });
  const tools = listOf(body['tools']).map(recordOf);
  const known = messages.map(recordOf);
  return {
    ...readShared(body),
    turns: known.map(toTurn),
    tools: tools.map(toTool),
    prompt: [...tools.map((tool) => promptBlock(JSON.stringify(tool))), ...known.flatMap(toBlocks)],
  };
}

export function readOllamaGenerate(body: JsonRecord): Ask {
  const system = textOf(body['system']) ?? '';
  const prompt = textOf(body['prompt']) ?? '';
  const said: readonly Turn[] = [
    { role: 'system', text: system },
    { role: 'user', text: prompt },
  ];
  const turns = prompt === '' ? [] : said.filter(({ text }) => text !== ''); // without a prompt nothing is asked
  return {
    ...readShared(body),
    turns,
    tools: [],
    prompt: [
      ...turns.map(({ text }) => promptBlock(text, { opensMessage: true })),
      ...listOf(body['images']).map((image) => promptBlock(String(image), { media: true })),
    ],
  };
}

/** Streams unless told not to. */
function readShared(body: JsonRecord): Omit<Ask, 'turns' | 'tools' | 'prompt'> {
  const model = textOf(body['model']) ?? '';
  if (model === '') invalid('model is required');
  const options = recordOf(body['options']);
  const most = numberOf(options['num_predict']);
  const think = body['think'];
  return {
    model,
    stream: body['stream'] !== false,
    toolChoice: 'auto',
    outputSchema: body['format'] === 'json' ? anyObject : isRecord(body['format']) ? body['format'] : undefined,
    maxOutputTokens: most !== undefined && most >= 0 ? most : undefined, // -1 is without end
    stop: textsOf(options['stop']),
    reasoning: think === true || typeof think === 'string',
  };
}

function toTurn(message: JsonRecord): Turn {
  const role = message['role'];
  return {
    role: role === 'user' || role === 'assistant' || role === 'tool' ? role : 'system',
    text: textOf(message['content']) ?? '',
  };
}

function toTool(tool: JsonRecord): AskedTool {
  const definition = recordOf(tool['function']);
  return { name: textOf(definition['name']) ?? '', schema: definition['parameters'] };
}

function toBlocks(message: JsonRecord): readonly PromptBlock[] {
  return [
    promptBlock(textOf(message['content']) ?? '', { opensMessage: true }),
    ...listOf(message['images']).map((image) => promptBlock(String(image), { media: true })),
    ...listOf(message['tool_calls']).map((call) => promptBlock(JSON.stringify(recordOf(call)['function']))),
  ];
}
