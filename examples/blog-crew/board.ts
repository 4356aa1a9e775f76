/** The live board: one line a task in a terminal, redrawn in place; one line a change where the output is no terminal. */
import type { Attempt, CrewEvent } from '@rolecall/core';

const frames = ['⠋', '⠙', '⠹', '⠸', '⠼', '⠴', '⠦', '⠧', '⠇', '⠏'];
const redrawEveryMs = 100;

interface Line {
  task: string;
  role: string;
  state: 'running' | 'done' | 'failed';
  /** The named model that is being asked, or that answered. */
  model: string;
  startedAt: number;
  endedAt: number;
  tokens: number;
  /** Characters that have streamed in since the last count of tokens. */
  characters: number;
  usd: number;
}

export interface Board {
  /** Listens to the crew. */
  readonly event: (event: CrewEvent) => void;
  /** Listens to the router: attempts that failed are worth a line of their own. */
  readonly attempt: (attempt: Attempt, from: { role?: string | undefined }) => void;
  close(): void;
}

/** `chains` are the named models of each role, best first: what the board shows until someone has answered. */
export function createBoard(chains: Record<string, readonly string[]>, output: NodeJS.WriteStream = process.stdout): Board {
  const lines = new Map<string, Line>();
  let drawn = 0;
  const live = output.isTTY;
  const timer = live ? setInterval(() => draw(), redrawEveryMs) : undefined;

  function draw(): void {
    if (lines.size === 0) return;
    const up = drawn > 0 ? `\u001B[${drawn}A` : '';
    const width = output.columns;
    const rows = [...lines.values()].map((line) => `\u001B[2K${render(line).slice(0, width - 1)}`);
    output.write(`${up}${rows.join('\n')}\n`);
    drawn = rows.length;
  }

  /** Prints a line for good, above the board if there is one. */
  function say(text: string): void {
    if (live && drawn > 0) output.write(`\u001B[${drawn}A\u001B[J`);
    output.write(`${text}\n`);
    drawn = 0;
    if (live) draw();
  }

  return {
    event(event) {
      if (!('task' in event)) return;
      const line = lines.get(event.task) ?? start(event.task, event.role, chains[event.role]?.[0] ?? '');
      lines.set(event.task, line);
      update(line, event);
      if (!live && event.type === 'task_started')
        say(`  ${line.role.padEnd(11)} ${line.task.padEnd(9)} ${line.model.padEnd(14)} asked`);
      if (!live && (event.type === 'task_finished' || event.type === 'task_failed')) say(render(line));
    },
    attempt(attempt, { role = '' }) {
      if (attempt.outcome !== 'failed' && attempt.outcome !== 'skipped') return;
      const took = `after ${(attempt.durationMs / 1000).toFixed(1)} s`;
      say(
        `! ${role.padEnd(11)} ${attempt.name ?? attempt.model} ${attempt.outcome} (${attempt.code}) ${took}: ${attempt.reason ?? ''}`,
      );
      const running = [...lines.values()].find((line) => line.role === role && line.state === 'running');
      const chain = chains[role] ?? [];
      if (running) running.model = chain[Math.min(chain.indexOf(attempt.name ?? '') + 1, chain.length - 1)] ?? '';
    },
    close() {
      clearInterval(timer);
      if (live) draw();
    },
  };
}

function start(task: string, role: string, model: string): Line {
  return { task, role, state: 'running', model, startedAt: performance.now(), endedAt: 0, tokens: 0, characters: 0, usd: 0 };
}

function update(line: Line, event: CrewEvent): void {
  if (event.type === 'delta') line.characters += event.text.length;
  if (event.type === 'model_call_finished' || event.type === 'model_call_failed') {
    line.characters = 0;
    for (const { usage, costUsd } of event.attempts) {
      line.tokens += (usage?.inputTokens ?? 0) + (usage?.outputTokens ?? 0);
      line.usd += costUsd ?? 0;
    }
    line.model = event.attempts.at(-1)?.name ?? line.model;
  }
  if (event.type === 'task_finished' || event.type === 'task_failed') {
    line.state = event.type === 'task_finished' ? 'done' : 'failed';
    line.endedAt = performance.now();
  }
}

function render({ role, task, model, state, startedAt, endedAt, tokens, characters, usd }: Line): string {
  const now = performance.now();
  const mark = { running: frames[Math.floor(now / redrawEveryMs) % frames.length], done: '✓', failed: '✗' }[state];
  const elapsed = `${(((endedAt || now) - startedAt) / 1000).toFixed(1)} s`;
  const count = characters > 0 ? `~${tokens + Math.round(characters / 4)}` : `${tokens}`; // four characters a token, until it is counted
  return `${mark} ${role.padEnd(11)} ${task.padEnd(9)} ${model.padEnd(14)} ${elapsed.padStart(7)} ${count.padStart(7)} tokens  $${usd.toFixed(6)}`;
}
