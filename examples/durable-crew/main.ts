// A run that outlives its worker: in the middle of it that is killed with kill -9, and another goes on. It takes a Restate
// server on this machine: `npx @restatedev/restate-server`.
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { connect } from '@rolecall/restate';
import { crew } from './crew.ts';

async function startWorker(port: string): Promise<{ worker: ChildProcess; port: string }> {
  const worker = spawn(process.execPath, [...process.execArgv, 'worker.ts', port], { stdio: ['ignore', 'pipe', 'inherit'] });
  const [said] = (await once(worker.stdout, 'data')) as [Buffer];
  return { worker, port: String(said).trim() };
}

const runs = connect({ ingress: process.env['RESTATE_INGRESS'], admin: process.env['RESTATE_ADMIN'] });
let { worker, port } = await startWorker('0');
try {
  await runs.register(`http://127.0.0.1:${port}`);
  const runId = `post-${Date.now()}`;
  const run = await runs.kickoff(crew, { topic: 'tea' }, { runId });
  for await (const event of run.events()) {
    console.log(event.type, 'task' in event ? event.task : '');
    if (event.type !== 'task_finished' || event.task !== 'research') continue;
    worker.kill('SIGKILL');
    console.log('--- kill -9 of the worker, and a new one ---');
    ({ worker } = await startWorker(port));
  }

  const again = await runs.kickoff(crew, { topic: 'tea' }, { runId });
  const [first, second] = [await run.result(), await again.result()];
  const asked = (role: string): number => first.taskOutputs.find((output) => output.role === role)?.attempts.length ?? 0;
  console.log(`${(await run.status()).status}: ${first.text}`);
  console.log(`The researcher was asked ${asked('researcher')} time, before the kill.`);
  console.log(first.attempts[0]?.id === second.attempts[0]?.id ? 'Asked for twice, it is the same run.' : 'Two runs?');
} finally {
  worker.kill();
}
