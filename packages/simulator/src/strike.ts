import { promptTokens, type Ask } from './ask.ts';
import type { Fault } from './faults.ts';
import type { Visit } from './visit.ts';
import type { AnswerEndpoint, InfoEndpoint, Reply } from './wires/wire.ts';

const htmlPage =
  '<!doctype html>\n<html><head><title>Bad gateway</title></head><body><h1>Bad gateway</h1><p>Simulated.</p></body></html>\n';

/** A fault that takes the place of an answer. False: an answer is still to be given, and may be bent. */
export async function strikeInstead(
  { exchange, headers, requestId }: Visit,
  fault: Fault,
  endpoint: AnswerEndpoint | InfoEndpoint,
  ask: Ask | undefined,
): Promise<boolean> {
  const reply = (answer: Reply, more?: Readonly<Record<string, string>>): true => {
    exchange.reply(answer, { ...headers, ...more });
    return true;
  };
  switch (fault.kind) {
    case 'reset':
      exchange.reset();
      return true;
    case 'silence':
      await exchange.hang();
      return true;
    case 'status': {
      const { status, message, errorCode: code } = fault;
      return reply(
        endpoint.explain({ problem: 'status', status, model: ask?.model ?? '', message, code }, requestId),
        fault.headers,
      );
    }
    case 'not_json':
      return reply({ status: fault.status ?? 200, body: htmlPage }, fault.headers);
    case 'context_length': {
      const tokens = promptTokens(ask?.prompt ?? []);
      return reply(endpoint.explain({ problem: 'context_length', tokens, message: fault.message }, requestId));
    }
    case 'content_filter':
    case 'quota':
      return reply(endpoint.explain({ problem: fault.kind, message: fault.message }, requestId));
    default:
      return false;
  }
}
