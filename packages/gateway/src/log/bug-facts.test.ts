import { afterEach, expect, test, vi } from 'vitest';
import { gatewayWith, type TestGateway } from '../../test/gateway-with.ts';
import { bugFacts } from './bug-facts.ts';

let running: TestGateway | undefined;
afterEach(async () => {
  vi.restoreAllMocks();
  await running?.close();
});

test('the log says where a bug is, and nothing of what it says', () => {
  const error = new TypeError('Unexpected token in "my\n    secret prompt"');

  const facts = bugFacts(error);

  expect(facts.bug).toBe('TypeError');
  expect(facts.at[0]).toContain('bug-facts.test.ts');
  expect(JSON.stringify(facts)).not.toContain('secret');
});

test('what is thrown need not be an error', () => {
  expect(bugFacts('secret')).toEqual({ bug: 'string', at: [] });
});

test('a log that cannot be written to takes no answer and no process with it, and each call ends once', async () => {
  const warned = vi.spyOn(process, 'emitWarning').mockImplementation(() => undefined);
  let isBroken = false;
  const write = (): void => {
    if (isBroken) throw new Error('no space left');
  };
  running = await gatewayWith(undefined, { logTo: { write } });
  isBroken = true;

  const body = { model: 'gpt', messages: [{ role: 'user', content: 'Hello' }] };
  const statuses = [];
  for (let count = 0; count < 2; count++) {
    const answer = await running.post('/v1/chat/completions', body);
    await answer.text();
    statuses.push(answer.status);
  }
  const told = (): number =>
    warned.mock.calls.filter(([message]) => String(message).startsWith('A call could not be put on record')).length;
  await vi.waitFor(() => expect(told()).toBe(2), 5_000);
  isBroken = false;
  const metrics = await (await fetch(`${running.url}/metrics`)).text();

  expect(statuses).toEqual([200, 200]);
  expect(metrics).toContain('\nrolecall_in_flight_requests 0\n');
}, 30_000);
