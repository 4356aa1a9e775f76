import type { CrewResult } from '@rolecall/core';
import { expect, test } from 'vitest';
import type { RestateServer } from './restate-server.ts';
import { runHandle } from './run-handle.ts';

test('an output that came from elsewhere is, as a text, what it is where it was made', async () => {
  const taskOutputs = [
    { name: 'one', text: '{"a":1}', output: { a: 1 } },
    { name: 'two', text: '"words"', output: 'words' },
    { name: 'three', text: 'plain' },
  ];
  const body = { text: 'plain', taskOutputs };
  const server: Pick<RestateServer, 'attach' | 'requestTimeoutMs'> = {
    requestTimeoutMs: 1_000,
    attach: async () => ({ status: 200, body }),
  };

  const { tasks } = await runHandle<CrewResult>(server as RestateServer, 'run', async () => 'service').result();

  expect(Object.values(tasks).map(String)).toEqual(['{\n  "a": 1\n}', 'words', 'plain']);
});
