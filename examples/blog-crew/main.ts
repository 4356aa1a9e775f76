/**
 * Three agents write a blog post, each on the backend it deserves.
 *
 *   npm start -- "The Future of AI in Healthcare"
 *   npm start -- --outage groq       a provider is down: the chains carry on
 *   npm start -- --naive             all three on gpt-4, as it was before
 */
import { mkdir, writeFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { TaskError } from '@rolecall/core';
import { CostTracker } from '@rolecall/cost-tracker';
import { createRouter } from '@rolecall/router';
import { findBackends, type Provider, providers } from './backends.ts';
import { createBoard } from './board.ts';
import { printBill } from './bill.ts';
import { blogCrew } from './crew.ts';
import type { ModelName } from './models.ts';

interface Arguments {
  topic: string;
  outage: Provider | undefined;
  naive: boolean;
}

const chains: Record<string, [ModelName, ...ModelName[]]> = {
  researcher: ['groq-fast', 'local-mistral', 'local-llama'],
  writer: ['claude-sonnet', 'gpt-4', 'groq-fast'],
  editor: ['local-mistral', 'local-llama', 'groq-fast'],
};
const naiveChains: typeof chains = { researcher: ['gpt-4'], writer: ['gpt-4'], editor: ['gpt-4'] };

const { topic, outage, naive } = readArguments();
const roles = naive ? naiveChains : chains;
const backends = await findBackends(outage);
const tracker = new CostTracker({ baseline: 'openai/gpt-4' });
const board = createBoard(roles);
const router = createRouter({ models: backends.models, roles, wrap: [tracker.wrap], onAttempt: board.attempt });
const interrupt = new AbortController();
process.once('SIGINT', () => interrupt.abort(new Error('You pressed Ctrl-C')));

console.log(
  `A post about "${topic}", ${naive ? 'all on gpt-4' : 'each role on its own chain'}. Who answers:\n${backends.lines.join('\n')}\n`,
);
try {
  const crew = blogCrew(router);
  const result = await crew.kickoff({ topic }, { onEvent: board.event, stream: true, signal: interrupt.signal });
  board.close();
  await save('out/post.md', `${result.text}\n`);
  printBill(tracker, result);
} catch (error) {
  board.close();
  if (!TaskError.isInstance(error)) throw error;
  console.error(`\n${error.message}`);
  for (const { name, text } of error.finished) await save(`out/${name}.md`, `${text}\n`);
  process.exitCode = 1;
} finally {
  await backends.close();
  await tracker.exportJson('out/ledger.json');
  console.log('The ledger is in out/ledger.json');
}

async function save(path: string, text: string): Promise<void> {
  await mkdir('out', { recursive: true });
  await writeFile(path, text);
  console.log(`\nSaved ${path}`);
}

function readArguments(): Arguments {
  try {
    const { positionals, values } = parseArgs({
      allowPositionals: true,
      options: { outage: { type: 'string' }, naive: { type: 'boolean', default: false } },
    });
    const down = providers.find((provider) => provider === values.outage);
    if (values.outage !== undefined && !down)
      throw new TypeError(`--outage takes one of ${providers.join(', ')}, not "${values.outage}"`);
    return { topic: positionals.join(' ') || 'The Future of AI in Healthcare', outage: down, naive: values.naive };
  } catch (error) {
    console.error(
      `${error instanceof Error ? error.message : String(error)}\nUsage: npm start -- [topic] [--outage ${providers.join('|')}] [--naive]`,
    );
    process.exit(2);
  }
}
