/** Cuts an answer into the deltas of a chat completions stream. */
import { randomUUID } from 'node:crypto';
import type { Answer } from '../ask.ts';
import type { Frame } from './wire.ts';
import { piecesOf } from './pieces.ts';

export interface ChatDelta {
  readonly part: Frame['part'];
  readonly delta: {
    readonly role?: 'assistant';
    readonly content?: string;
    readonly refusal?: string;
    readonly reasoning?: string;
    readonly tool_calls?: ChatCallDelta[];
  };
  readonly finish: Answer['finish'] | null;
}

export interface ChatCallDelta {
  readonly index: number;
  readonly id?: string;
  readonly type?: 'function';
  readonly function: { readonly name?: string; readonly arguments: string };
}

/** The role first, then thinking, text and tool calls in pieces, then the reason for ending. */
export function chatDeltas({ reasoning, text, refusal, toolCalls, finish, chunks }: Answer): readonly ChatDelta[] {
  const content = (delta: ChatDelta['delta']): ChatDelta => ({ part: 'content', delta, finish: null });
  return [
    { part: 'bracket', delta: { role: 'assistant', content: '' }, finish: null },
    ...piecesOf(reasoning).map((piece) => content({ reasoning: piece })),
    ...piecesOf(text, chunks).map((piece) => content({ content: piece })),
    ...piecesOf(refusal).map((piece) => content({ refusal: piece })),
    ...toolCalls.flatMap((call, index) => [
      content({ tool_calls: [{ index, id: callId(), type: 'function', function: { name: call.name, arguments: '' } }] }),
      ...piecesOf(call.arguments).map((piece) => content({ tool_calls: [{ index, function: { arguments: piece } }] })),
    ]),
    { part: 'tail', delta: {}, finish },
  ];
}

/** The tool calls of a plain answer. */
export function chatCalls({
  toolCalls,
}: Answer): { id: string; type: 'function'; function: { name: string; arguments: string } }[] {
  return toolCalls.map((call) => ({ id: callId(), type: 'function', function: { name: call.name, arguments: call.arguments } }));
}

function callId(): string {
  return `call_${randomUUID().replaceAll('-', '').slice(0, 24)}`;
}

/** One server-sent event without a name. */
export function dataEvent(data: unknown): string {
  return `data: ${typeof data === 'string' ? data : JSON.stringify(data)}\n\n`;
}
