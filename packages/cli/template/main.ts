/** npm start -- "Your topic" */
import { mkdir, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { CostTracker } from '@rolecall/cost-tracker';
import { createRouter } from '@rolecall/router';
import { loadConfig } from '@rolecall/router/config';
import { blogCrew } from './crew.ts';
import { backends } from './backends.ts';

const topic = process.argv[2] ?? 'The Future of AI in Healthcare';
const { env, who, close } = await backends();
const { options, warnings } = await loadConfig(fileURLToPath(new URL('rolecall.yaml', import.meta.url)), { env });
for (const warning of warnings) console.warn(warning);

const tracker = new CostTracker({ ledger: 'ledger', baseline: 'openai/gpt-4' });
const router = createRouter({ ...options, wrap: [tracker.wrap] });

console.log(`A post about "${topic}". ${who}`);
try {
  const { text, taskOutputs } = await blogCrew(router).kickoff({ topic });
  await mkdir('out', { recursive: true });
  await writeFile('out/post.md', `${text}\n`);
  for (const { name, role, model } of taskOutputs) console.log(`  ${name} by the ${role}, answered by ${model}`);
  console.log(`\nThe post is in out/post.md.\n\n${tracker.report()}`);
} finally {
  await tracker.flush();
  await close();
}
