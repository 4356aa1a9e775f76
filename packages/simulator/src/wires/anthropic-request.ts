/** Reads a body of the Messages API. Source: platform.claude.com/docs/en/api/messages. */
import { promptBlock, type Ask, type AskedTool, type PromptBlock, type Turn } from '../ask.ts';
import { isRecord, listOf, numberOf, recordOf, textOf, textsOf, type JsonRecord } from '../json.ts';
import { invalid } from './problem.ts';
import { strictSchemaFault } from './strict-schema.ts';

export function readMessages(body: JsonRecord): Ask {
  const model = textOf(body['model']) ?? invalid('model: Field required');
  const maxOutputTokens = numberOf(body['max_tokens']) ?? invalid('max_tokens: Field required');
  if (maxOutputTokens < 1) invalid('max_tokens: Input should be greater than or equal to 1');
  if (!Array.isArray(body['messages'])) invalid('messages: Field required');
  const messages = body['messages'].map(toMessage);
  if (messages.length === 0) invalid('messages: at least one message is required');
  checkToolPairs(messages);
  checkSettings(body, maxOutputTokens);

  const tools = listOf(body['tools']).map(recordOf);
  const system = blocksOf(body['system']);
  const systemTurns: Turn[] = system.map((block) => ({ role: 'system', text: textOf(block['text']) ?? '' }));
  return {
    model,
    stream: body['stream'] === true,
    turns: [...systemTurns, ...messages.flatMap(toTurns)],
    tools: tools.map(toTool),
    toolChoice: toChoice(recordOf(body['tool_choice'])),
    outputSchema: outputFormat(body)?.['schema'],
    maxOutputTokens,
    stop: textsOf(body['stop_sequences']),
    reasoning: thinks(recordOf(body['thinking'])),
    prompt: toPrompt(body, tools, system, messages),
  };
}

interface Message {
  readonly role: 'user' | 'assistant';
  readonly blocks: readonly JsonRecord[];
}

function toMessage(message: unknown, index: number): Message {
  if (!isRecord(message)) invalid(`messages.${index}: Input should be an object`);
  const { role, content } = message;
  if (role === 'system') {
    invalid(
      `messages: Unexpected role "system". The Messages API accepts a top-level \`system\` parameter, not "system" as an input message role.`,
    );
  }
  if (role !== 'user' && role !== 'assistant') invalid(`messages.${index}.role: Input should be 'user' or 'assistant'`);
  if (typeof content !== 'string' && !Array.isArray(content)) invalid(`messages.${index}.content: Field required`);
  const blocks = blocksOf(content);
  if (blocks.some((block) => block['type'] === 'text' && block['text'] === ''))
    invalid('messages: text content blocks must be non-empty');
  return { role, blocks };
}

/** A string stands for one text block. */
function blocksOf(content: unknown): readonly JsonRecord[] {
  return typeof content === 'string' ? [{ type: 'text', text: content }] : listOf(content).map(recordOf);
}

/** Every `tool_use` is answered in the very next message, and nothing else is. */
function checkToolPairs(messages: readonly Message[]): void {
  let open = new Set<string>();
  for (const [index, { blocks }] of messages.entries()) {
    for (const id of idsOf(blocks, 'tool_result', 'tool_use_id')) {
      if (!open.delete(id)) {
        invalid(
          `messages.${index}.content: unexpected \`tool_use_id\` found in \`tool_result\` blocks: ${id}. Each \`tool_result\` block must have a corresponding \`tool_use\` block in the previous message.`,
        );
      }
    }
    if (open.size > 0) refuseOpenCalls(open, index);
    open = new Set(idsOf(blocks, 'tool_use', 'id'));
  }
  if (open.size > 0) refuseOpenCalls(open, messages.length);
}

function refuseOpenCalls(open: ReadonlySet<string>, index: number): never {
  return invalid(
    `messages.${index}: \`tool_use\` ids were found without \`tool_result\` blocks immediately after: ${[...open].join(', ')}.`,
  );
}

function idsOf(blocks: readonly JsonRecord[], type: string, key: string): readonly string[] {
  return blocks.filter((block) => block['type'] === type).map((block) => String(block[key]));
}

function checkSettings(body: JsonRecord, maxTokens: number): void {
  const temperature = numberOf(body['temperature']);
  if (temperature !== undefined && (temperature < 0 || temperature > 1)) invalid('temperature: range: 0..1');
  const thinking = recordOf(body['thinking']);
  const choice = String(recordOf(body['tool_choice'])['type']);
  if (thinking['type'] === 'enabled') {
    const budget = numberOf(thinking['budget_tokens']) ?? invalid('thinking.enabled.budget_tokens: Field required');
    if (budget < 1_024) invalid('thinking.enabled.budget_tokens: Input should be greater than or equal to 1024');
    if (budget >= maxTokens) invalid('`max_tokens` must be greater than `thinking.budget_tokens`.');
    if (temperature !== undefined && temperature !== 1) invalid('`temperature` may only be set to 1 when thinking is enabled.');
  }
  if (thinks(thinking) && ['any', 'tool'].includes(choice)) {
    invalid('Thinking may not be enabled when tool_choice forces tool use.');
  }
  const format = outputFormat(body);
  const fault = format && strictSchemaFault(closedOnly(format['schema']));
  if (fault !== undefined)
    invalid(`output_config.format.schema: For 'object' type, 'additionalProperties' must be explicitly set to false`);
}

function thinks({ type }: JsonRecord): boolean {
  return type === 'enabled' || type === 'adaptive' || type === 'between_tools';
}

/** Anthropic wants closed objects, but does not mind optional properties. */
function closedOnly(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(closedOnly);
  if (!isRecord(schema)) return schema;
  const inner = Object.fromEntries(Object.entries(schema).map(([key, value]) => [key, closedOnly(value)]));
  return isRecord(schema['properties']) ? { ...inner, required: Object.keys(schema['properties']) } : inner;
}

function outputFormat(body: JsonRecord): JsonRecord | undefined {
  const format = recordOf(recordOf(body['output_config'])['format'] ?? body['output_format']);
  return format['type'] === 'json_schema' ? format : undefined;
}

function toTurns({ role, blocks }: Message): readonly Turn[] {
  const results = blocks
    .filter((block) => block['type'] === 'tool_result')
    .map((block): Turn => ({ role: 'tool', text: textIn(block['content']) }));
  const text = textIn(blocks);
  return text === '' && results.length > 0 ? results : [...results, { role, text }];
}

function textIn(content: unknown): string {
  if (typeof content === 'string') return content;
  return listOf(content)
    .map((block) => textOf(recordOf(block)['text']) ?? '')
    .filter((text) => text !== '')
    .join('\n');
}

function toTool(tool: JsonRecord): AskedTool {
  return { name: textOf(tool['name']) ?? '', schema: tool['input_schema'] };
}

function toChoice(choice: JsonRecord): Ask['toolChoice'] {
  if (choice['type'] === 'none') return 'none';
  if (choice['type'] === 'any') return 'required';
  return choice['type'] === 'tool' ? { name: String(choice['name']) } : 'auto';
}

/** Tools, system, messages: the order in which a prefix is cached. */
function toPrompt(
  body: JsonRecord,
  tools: readonly JsonRecord[],
  system: readonly JsonRecord[],
  messages: readonly Message[],
): readonly PromptBlock[] {
  const blocks = [
    ...tools.map((tool) => toBlock(tool, false)),
    ...system.map((block) => toBlock(block, false)),
    ...messages.flatMap((message) => message.blocks.map((block, index) => toBlock(block, index === 0))),
  ];
  const last = blocks.at(-1);
  const whole = lifetimeOf(body); // a mark on the request itself stands for its last block
  return last && whole ? [...blocks.slice(0, -1), { ...last, cache: last.cache ?? whole }] : blocks;
}

function toBlock(block: JsonRecord, opensMessage: boolean): PromptBlock {
  const { cache_control: _mark, ...content } = block;
  const media = ['image', 'document'].includes(String(block['type']));
  const text = block['type'] === 'text' ? (textOf(block['text']) ?? '') : JSON.stringify(content);
  return promptBlock(text, { opensMessage, media, cache: lifetimeOf(block) });
}

function lifetimeOf(marked: JsonRecord): '5m' | '1h' | undefined {
  if (!isRecord(marked['cache_control'])) return undefined;
  return marked['cache_control']['ttl'] === '1h' ? '1h' : '5m';
}
