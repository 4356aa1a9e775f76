import { expect, test, vi } from 'vitest';
import type { CallEnding } from '../http/route.ts';
import { CallLog, createLog } from './request-log.ts';

const ending: CallEnding = {
  callId: 'call-1',
  api: 'chat.completions',
  caller: { isAdmin: true },
  ask: { model: 'a "quoted" name', fallbacks: [], tags: [], inputTokens: 1, callId: 'call-1', isIdShared: false },
  status: 200,
  isStream: false,
  outcome: 'answered',
  startedAt: 0,
  durationMs: 1.26,
  attempts: [],
};

function logging(level: string) {
  const lines: Record<string, unknown>[] = [];
  const to = {
    write: (text: string): void => {
      for (const line of text.trimEnd().split('\n')) lines.push(JSON.parse(line) as Record<string, unknown>);
    },
  };
  const log = createLog(level, to);
  return { lines, log, calls: new CallLog(log, to) };
}

test("the line of a call is what pino's lines are: level, time and service first, the words last", () => {
  const { lines, log, calls } = logging('info');

  calls.add(ending);
  calls.flush();
  log.info({ event: 'other' }, 'something else');

  const [ours = {}, theirs = {}] = lines;
  expect(Object.keys(ours).slice(0, 4)).toEqual(Object.keys(theirs).slice(0, 4));
  expect([Object.keys(ours).at(-1), Object.keys(theirs).at(-1)]).toEqual(['msg', 'msg']);
  expect(ours).toMatchObject({
    level: 'info',
    service: 'rolecall',
    event: 'model_call',
    asked: 'a "quoted" name',
    duration_ms: 1.3,
  });
  expect(String(ours['time'])).toMatch(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/);
  expect(ours).not.toHaveProperty('role');
});

test('how a call ended decides the level, and the level of the log which calls have a line', () => {
  const { lines, log, calls } = logging('warn');

  calls.add(ending);
  calls.add({ ...ending, status: 502, outcome: 'failed' });
  calls.add({ ...ending, outcome: 'cut' });
  calls.add({ ...ending, status: 500, outcome: 'failed', error: new TypeError('a secret') });
  log.level = 'silent'; // a reload may say so
  calls.add({ ...ending, status: 502, outcome: 'failed' });
  calls.flush();

  expect(lines.map(({ level }) => level)).toEqual(['warn', 'warn', 'error']);
  expect(JSON.stringify(lines)).not.toContain('a secret');
});

test('the time of a line is that of its millisecond, whatever the second before it was', () => {
  const { lines, calls } = logging('info');
  vi.useFakeTimers({ toFake: ['Date'] });
  for (const time of ['2026-11-23T09:59:59.999Z', '2026-11-23T10:00:00.000Z', '2026-11-23T10:00:00.007Z']) {
    vi.setSystemTime(new Date(time));
    calls.add(ending);
  }
  vi.useRealTimers();
  calls.flush();

  expect(lines.map(({ time }) => time)).toEqual([
    '2026-11-23T09:59:59.999Z',
    '2026-11-23T10:00:00.000Z',
    '2026-11-23T10:00:00.007Z',
  ]);
});
