// One gateway in a process of its own, what it has used so far, and what is sent through it. Nothing here waits for ever.
import { fork, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { Pool } from 'undici';

const startMs = 30_000;
const messages = [
  { role: 'system', content: 'Be brief.' },
  { role: 'user', content: 'When does the tide come in? '.repeat(8) },
];

/** Bodies of requests: a plain one, and one whose answer comes as a thousand pieces. */
export const plain = JSON.stringify({ model: 'gpt-4o', messages });
export const paced = JSON.stringify({ model: 'gpt-4o', messages, user: 'paced', stream: true });
export const chunksOfStream = 1_000;

/** Its output goes to nobody, as what reads a log is no part of it. */
export function pinned(core, file, args) {
  const child = fork(new URL(file, import.meta.url), args, { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
  spawnSync('taskset', ['-a', '-cp', String(core), String(child.pid)]);
  return child;
}

/** The port that a process tells. */
export async function portOf(child, name) {
  const gone = once(child, 'exit').then(() => Promise.reject(new Error(`${name} did not start`)));
  const [port] = await within(startMs, `the start of ${name}`, Promise.race([once(child, 'message'), gone]));
  gone.catch(() => undefined); // that it ends some day is as it should be
  return port;
}

/** Rejects when `work` takes longer. */
export async function within(ms, what, work) {
  let timer;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(`${what} took longer than ${ms / 1_000} s`)), ms);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}

/** User and system time of all threads of a process so far, and its memory, as Linux counts them. */
export function usedBy(pid) {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1].split(' ');
  const cpuUs = readdirSync(`/proc/${pid}/task`).reduce((sum, thread) => sum + onCpuNs(pid, thread) / 1_000, 0);
  return { cpuUs, residentMb: (Number(fields[21]) * 4_096) / 1e6 };
}

function onCpuNs(pid, thread) {
  try {
    return Number(readFileSync(`/proc/${pid}/task/${thread}/schedstat`, 'utf8').split(' ')[0]);
  } catch {
    return 0; // it has just ended
  }
}

/** Sends `count` requests, `concurrency` at a time, and returns how long each took, in microseconds. */
export async function load(port, upstreamPort, { body, count, concurrency, limitMs }) {
  const pool = new Pool(`http://127.0.0.1:${port}`, { connections: concurrency, headersTimeout: limitMs, bodyTimeout: limitMs });
  const headers = {
    'content-type': 'application/json',
    authorization: 'Bearer any',
    'x-portkey-provider': 'openai',
    'x-portkey-custom-host': `http://127.0.0.1:${upstreamPort}/v1`,
  };
  const taken = [];
  let left = count;
  const client = async () => {
    while (left-- > 0) {
      const start = performance.now();
      const answer = await pool.request({ path: '/v1/chat/completions', method: 'POST', headers, body });
      const bytes = await answer.body.arrayBuffer();
      if (answer.statusCode !== 200 || bytes.byteLength < 300) throw new Error(`answered ${answer.statusCode}`);
      taken.push((performance.now() - start) * 1_000);
    }
  };
  const clients = Array.from({ length: concurrency }, client);
  try {
    await within(limitMs, `${count} requests`, Promise.all(clients));
    return taken;
  } finally {
    left = 0;
    await pool.destroy();
    await Promise.allSettled(clients);
  }
}
