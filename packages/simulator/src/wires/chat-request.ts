/** Reads a body of the chat completions API, as OpenAI, Groq and Ollama understand it. */
import { promptBlock, type Ask, type AskedTool, type PromptBlock, type Turn } from '../ask.ts';
import { isRecord, listOf, numberOf, recordOf, textOf, textsOf, type JsonRecord } from '../json.ts';
import { invalid } from './problem.ts';

/** Where the providers differ. */
export interface ChatDialect {
  readonly noModel: string;
  readonly noMessages: string;
  /** Further rules of the provider. @throws {Rejected} */
  check?(body: JsonRecord, model: string): void;
  /** Whether the request makes the model think. */
  thinks(body: JsonRecord): boolean;
}

export function readChat(body: JsonRecord, dialect: ChatDialect): Ask {
  const model = textOf(body['model']) ?? '';
  if (model === '') invalid(dialect.noModel);
  const messages = body['messages'];
  if (!Array.isArray(messages)) invalid(dialect.noMessages, 'messages', 'missing_required_parameter');
  if (messages.length === 0)
    invalid(
      "Invalid 'messages': empty array. Expected an array with minimum length 1, but got an empty array instead.",
      'messages',
      'empty_array',
    );
  messages.forEach(checkMessage);
  checkToolPairs(messages.map(recordOf));
  checkFormat(body, messages);
  dialect.check?.(body, model);

  const tools = listOf(body['tools']).map(recordOf);
  return {
    model,
    stream: body['stream'] === true,
    turns: messages.map((message) => toTurn(recordOf(message))),
    tools: tools.map(toTool),
    toolChoice: toChoice(body['tool_choice']),
    outputSchema: toSchema(recordOf(body['response_format'])),
    maxOutputTokens: numberOf(body['max_completion_tokens']) ?? numberOf(body['max_tokens']),
    stop: textsOf(body['stop']),
    reasoning: dialect.thinks(body),
    prompt: [
      ...tools.map((tool) => promptBlock(JSON.stringify(tool))),
      ...messages.flatMap((message) => toBlocks(recordOf(message))),
    ],
  };
}

const roles = ['system', 'developer', 'assistant', 'user', 'function', 'tool'];

function checkMessage(message: unknown, index: number): void {
  if (!isRecord(message))
    invalid(`Invalid type for 'messages[${index}]': expected an object.`, `messages[${index}]`, 'invalid_type');
  const role = message['role'];
  if (typeof role !== 'string' || !roles.includes(role)) {
    const allowed = roles.map((name) => `'${name}'`).join(', ');
    invalid(`Invalid value: '${String(role)}'. Supported values are: ${allowed}.`, `messages[${index}].role`, 'invalid_value');
  }
  const content = message['content'];
  const mayBeEmpty = role === 'assistant' && (listOf(message['tool_calls']).length > 0 || typeof message['refusal'] === 'string');
  if (typeof content === 'string' || Array.isArray(content) || ((content === null || content === undefined) && mayBeEmpty))
    return;
  invalid(
    `Invalid value for 'content': expected a string, got ${content === undefined ? 'nothing' : typeof content}.`,
    `messages[${index}].content`,
    'invalid_type',
  );
}

/** Every tool call is answered by tool messages right after it, and there are no others. */
function checkToolPairs(messages: readonly JsonRecord[]): void {
  let open = new Set<string>();
  for (const [index, message] of messages.entries()) {
    if (message['role'] === 'tool') {
      if (!open.delete(String(message['tool_call_id']))) {
        invalid(
          "Invalid parameter: messages with role 'tool' must be a response to a preceding message with 'tool_calls'.",
          `messages[${index}].role`,
        );
      }
      continue;
    }
    refuseOpenCalls(open, index);
    open = new Set(listOf(message['tool_calls']).map((call) => String(recordOf(call)['id'])));
  }
  refuseOpenCalls(open, messages.length);
}

function refuseOpenCalls(open: ReadonlySet<string>, index: number): void {
  if (open.size === 0) return;
  invalid(
    `An assistant message with 'tool_calls' must be followed by tool messages responding to each 'tool_call_id'. The following tool_call_ids did not have response messages: ${[...open].join(', ')}`,
    `messages[${index}].role`,
  );
}

function checkFormat(body: JsonRecord, messages: readonly unknown[]): void {
  const format = recordOf(body['response_format']);
  if (format['type'] === 'json_object' && !/json/i.test(JSON.stringify(messages))) {
    invalid("'messages' must contain the word 'json' in some form, to use 'response_format' of type 'json_object'.", 'messages');
  }
  if (format['type'] === 'json_schema' && textOf(recordOf(format['json_schema'])['name']) === undefined) {
    invalid(
      "Missing required parameter: 'response_format.json_schema.name'.",
      'response_format.json_schema.name',
      'missing_required_parameter',
    );
  }
}

function toTurn(message: JsonRecord): Turn {
  const role = String(message['role']);
  const known = role === 'user' || role === 'assistant' || role === 'tool' ? role : 'system';
  return { role: role === 'function' ? 'tool' : known, text: contentText(message['content']) };
}

/** The text of a message's content, which is a string or a list of parts. */
function contentText(content: unknown): string {
  return typeof content === 'string'
    ? content
    : listOf(content)
        .map((part) => textOf(recordOf(part)['text']) ?? '')
        .join('\n');
}

function toBlocks(message: JsonRecord): readonly PromptBlock[] {
  const calls = listOf(message['tool_calls']).map((call) => promptBlock(JSON.stringify(recordOf(call)['function'])));
  const { content } = message;
  const parts = typeof content === 'string' ? [{ type: 'text', text: content }] : listOf(content).map(recordOf);
  const blocks = parts.map((part: JsonRecord) => {
    const text = textOf(part['text']) ?? textOf(part['refusal']);
    return promptBlock(text ?? JSON.stringify(part), { media: text === undefined });
  });
  return [promptBlock('', { opensMessage: true }), ...blocks, ...calls];
}

function toTool(tool: JsonRecord): AskedTool {
  const definition = recordOf(tool['function']);
  return { name: textOf(definition['name']) ?? '', schema: definition['parameters'] };
}

function toChoice(choice: unknown): Ask['toolChoice'] {
  if (choice === 'none' || choice === 'required') return choice;
  const name = textOf(recordOf(recordOf(choice)['function'])['name']);
  return name === undefined ? 'auto' : { name };
}

/** A schema for JSON mode too: an object with one field. */
export const anyObject: JsonRecord = { type: 'object', properties: { answer: { type: 'string' } }, required: ['answer'] };

function toSchema(format: JsonRecord): unknown {
  if (format['type'] === 'json_object') return anyObject;
  return format['type'] === 'json_schema' ? (recordOf(format['json_schema'])['schema'] ?? anyObject) : undefined;
}
