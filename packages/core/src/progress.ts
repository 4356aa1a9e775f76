/** Shows how a crew gets on: a line a task, redrawn in place, in a terminal; a line a change where the output is none. */
import { invalid } from './check.ts';
import type { Crew } from './crew.ts';
import type { Attempt } from './model.ts';
import type { CrewEvent, CrewListener } from './events.ts';
import { columnsOf, fitted, onOneLine, padded, printable } from './terminal-text.ts';

/** What of a stream is needed to write on it: `process.stdout` has it. */
export interface ProgressOutput {
  readonly write: (text: string) => unknown;
  readonly isTTY?: boolean | undefined;
  readonly columns?: number | undefined;
  readonly rows?: number | undefined;
}

export interface ProgressOptions {
  /** Where to. @default process.stdout */
  readonly output?: ProgressOutput | undefined;
}

export interface Progress {
  /** Give it to `kickoff` as `onEvent`. */
  readonly onEvent: CrewListener;
  /** Draws the last state and stops redrawing. A run that ends closes it too. */
  readonly close: () => void;
}

interface Line {
  readonly task: string;
  readonly role: string;
  state: 'waiting' | 'running' | 'done' | 'failed' | 'skipped';
  /** What it is at, or the model that answered. */
  note: string;
  startedAt: number;
  endedAt: number;
  tokens: number;
  /** Characters that have streamed in since tokens were last counted. */
  characters: number;
  costUsd: number | undefined;
}

const frames = ['⠋', '⠙', '⠹', '⠸', '⠼', '⠴', '⠦', '⠧', '⠇', '⠏'];
const redrawEveryMs = 100;
const charactersPerToken = 4;

/**
 * A board for one run of a crew.
 *
 * @example
 * const board = progress(crew);
 * await crew.kickoff({ topic: 'tea' }, { stream: true, onEvent: board.onEvent });
 *
 * @throws {TypeError} when there is no crew, or the output cannot be written to.
 */
export function progress(crew: Pick<Crew, 'tasks' | 'manager'>, { output = process.stdout }: ProgressOptions = {}): Progress {
  if (typeof output?.write !== 'function') throw invalid('progress', 'output', output, 'a stream to write on');
  if (!Array.isArray(crew?.tasks)) throw invalid('progress', 'crew', crew, 'the Crew whose runs it shows');
  const lines = crew.tasks.map(({ name, agent }) =>
    lineOf(name, (crew.manager ?? agent)?.name ?? (crew.manager ?? agent)?.role ?? ''),
  );
  const widths = {
    role: Math.max(...lines.map(({ role }) => columnsOf(role))),
    task: Math.max(...lines.map(({ task }) => columnsOf(task))),
  };
  // What has scrolled off a screen cannot be redrawn.
  const isLive = output.isTTY === true && lines.length < (output.rows || Number.POSITIVE_INFINITY);
  const board = isLive ? liveBoard(lines, widths, output) : plainLines(widths, output);
  return {
    onEvent(event) {
      const line = 'taskIndex' in event ? lines[event.taskIndex] : undefined;
      if (line) update(line, event);
      board.changed(event, line);
      if (event.type === 'crew_finished' || event.type === 'crew_failed') board.close();
    },
    close: () => board.close(),
  };
}

interface Board {
  readonly changed: (event: CrewEvent, line: Line | undefined) => void;
  readonly close: () => void;
}

interface Widths {
  readonly role: number;
  readonly task: number;
}

function liveBoard(lines: readonly Line[], widths: Widths, output: ProgressOutput): Board {
  let drawn = 0;
  let timer: NodeJS.Timeout | undefined;
  const up = (): string => (drawn > 0 ? `\u001B[${drawn}A` : '');
  const draw = (): void => {
    const width = (output.columns || 80) - 1;
    output.write(`${up()}${lines.map((line) => `\u001B[2K${fitted(render(line, widths), width)}`).join('\n')}\n`);
    drawn = lines.length;
  };
  return {
    changed(event) {
      timer ??= setInterval(draw, redrawEveryMs).unref();
      if (event.type !== 'warning') return;
      output.write(`${up()}\u001B[J! ${printable(event.warning.message)}\n`); // above the board, and there to stay
      drawn = 0;
      draw();
    },
    close() {
      if (!timer) return;
      clearInterval(timer);
      timer = undefined;
      draw();
      drawn = 0;
    },
  };
}

function plainLines(widths: Widths, output: ProgressOutput): Board {
  const ends: readonly string[] = ['task_started', 'task_finished', 'task_failed', 'task_skipped'];
  return {
    changed(event, line) {
      if (line && ends.includes(event.type)) output.write(`${render(line, widths)}\n`);
      else if (event.type === 'warning') output.write(`! ${printable(event.warning.message)}\n`);
      else if (event.type === 'reset')
        output.write(`! ${onOneLine(event.task)}: answer ${event.attempt} was sent back (${event.reason})\n`);
    },
    close: () => undefined,
  };
}

function lineOf(task: string, role: string): Line {
  return {
    task: onOneLine(task),
    role: onOneLine(role),
    state: 'waiting',
    note: '',
    startedAt: 0,
    endedAt: 0,
    tokens: 0,
    characters: 0,
    costUsd: undefined,
  };
}

function update(line: Line, event: CrewEvent): void {
  switch (event.type) {
    case 'task_started':
      line.state = 'running';
      line.startedAt = event.at;
      return;
    case 'task_skipped':
      line.state = 'skipped';
      return;
    case 'delta':
      line.characters += event.text.length;
      return;
    case 'tool_started':
      line.note = event.tool;
      return;
    case 'model_call_finished':
    case 'model_call_failed':
      count(line, event.attempts);
      return;
    case 'task_finished':
    case 'task_failed':
      line.state = event.type === 'task_finished' ? 'done' : 'failed';
      line.endedAt = event.at;
      return;
    default:
  }
}

function count(line: Line, attempts: readonly Attempt[]): void {
  line.characters = 0;
  for (const { usage, costUsd } of attempts) {
    line.tokens += (usage?.inputTokens ?? 0) + (usage?.outputTokens ?? 0);
    if (typeof costUsd === 'number') line.costUsd = (line.costUsd ?? 0) + costUsd;
  }
  const last = attempts.at(-1);
  line.note = last?.name ?? last?.model ?? line.note;
}

function render(line: Line, widths: Widths): string {
  const { role, task, state, note, startedAt, endedAt, tokens, characters, costUsd } = line;
  const now = Date.now();
  const turning = frames[Math.floor(now / redrawEveryMs) % frames.length];
  const mark = { waiting: '·', running: turning, done: '✓', failed: '✗', skipped: '-' }[state];
  const name = `${mark} ${padded(role, widths.role)}  ${padded(task, widths.task)}`;
  if (state === 'waiting' || state === 'skipped') return `${name}  ${state}`;
  const seconds = `${(((endedAt || now) - startedAt) / 1000).toFixed(1)} s`;
  // An estimate while the answer streams in; then the model has counted.
  const used = characters > 0 ? `~${tokens + Math.round(characters / charactersPerToken)}` : `${tokens}`;
  const cost = costUsd === undefined ? '' : `  $${costUsd.toFixed(6)}`;
  return `${name}  ${seconds.padStart(7)}  ${used.padStart(7)} tokens${cost}  ${onOneLine(note)}`.trimEnd();
}
