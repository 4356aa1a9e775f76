/** Reads a body of OpenAI's responses API. Source: platform.openai.com/docs/api-reference/responses/create. */
import { promptBlock, type Ask, type AskedTool, type PromptBlock, type Turn } from '../ask.ts';
import { listOf, numberOf, recordOf, textOf, type JsonRecord } from '../json.ts';
import { anyObject } from './chat-request.ts';
import { invalid } from './problem.ts';

export function readResponses(body: JsonRecord): Ask {
  const model = textOf(body['model']) ?? '';
  if (model === '') invalid("Missing required parameter: 'model'.", 'model', 'missing_required_parameter');
  const { input, instructions } = body;
  if (typeof input !== 'string' && !Array.isArray(input))
    invalid("Missing required parameter: 'input'.", 'input', 'missing_required_parameter');

  const items = typeof input === 'string' ? [{ role: 'user', content: input }] : input.map(recordOf);
  const system = typeof instructions === 'string' ? [{ role: 'system', content: instructions }] : [];
  const tools = listOf(body['tools']).map(recordOf);
  const functions = tools.filter(({ type }) => type === 'function');
  const effort = recordOf(body['reasoning'])['effort'];
  return {
    model,
    stream: body['stream'] === true,
    turns: [...system, ...items].map(toTurn),
    tools: functions.map(toTool),
    toolChoice: toChoice(body['tool_choice']),
    outputSchema: toSchema(recordOf(recordOf(body['text'])['format'])),
    maxOutputTokens: numberOf(body['max_output_tokens']),
    stop: [],
    reasoning: typeof effort === 'string' && effort !== 'none',
    prompt: [...tools.map((tool) => promptBlock(JSON.stringify(tool))), ...[...system, ...items].map(toBlock)],
  };
}

/** A message, or what a tool was asked or answered: those are items of their own. */
function toTurn(item: JsonRecord): Turn {
  if (item['type'] === 'function_call_output') return { role: 'tool', text: contentText(item['output']) };
  const { role } = item;
  const known = role === 'user' || role === 'assistant' ? role : item['type'] === 'function_call' ? 'assistant' : 'system';
  return { role: known, text: contentText(item['content']) };
}

/** The text of a content, which is a string or a list of parts. */
function contentText(content: unknown): string {
  return typeof content === 'string'
    ? content
    : listOf(content)
        .map((part) => textOf(recordOf(part)['text']) ?? '')
        .join('\n');
}

function toBlock(item: JsonRecord): PromptBlock {
  const text = contentText(item['content']);
  return promptBlock(text === '' ? JSON.stringify(item) : text, { opensMessage: true });
}

function toTool(tool: JsonRecord): AskedTool {
  return { name: textOf(tool['name']) ?? '', schema: tool['parameters'] };
}

function toChoice(choice: unknown): Ask['toolChoice'] {
  if (choice === 'none' || choice === 'required') return choice;
  const name = textOf(recordOf(choice)['name']);
  return name === undefined ? 'auto' : { name };
}

function toSchema(format: JsonRecord): unknown {
  if (format['type'] === 'json_object') return anyObject;
  return format['type'] === 'json_schema' ? (format['schema'] ?? anyObject) : undefined;
}
