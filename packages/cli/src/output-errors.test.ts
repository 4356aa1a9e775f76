import { EventEmitter } from 'node:events';
import { expect, test } from 'vitest';
import { endWithOutputs } from './output-errors.ts';

function outputs() {
  const told: (string | number)[] = [];
  const stdout = new EventEmitter();
  const stderr = Object.assign(new EventEmitter(), { write: (text: string) => told.push(text) });
  endWithOutputs({ stdout, stderr }, (exitCode) => told.push(exitCode));
  return { stdout, stderr, told };
}

const failure = (code: string): Error => Object.assign(new Error(code), { code });

test('a reader who has seen enough ends the command without a word', () => {
  const { stdout, told } = outputs();

  stdout.emit('error', failure('EPIPE'));

  expect(told).toEqual([0]);
});

test('a full disk behind stdout is told without a stack, with exit code 2', () => {
  const { stdout, told } = outputs();

  stdout.emit('error', failure('ENOSPC'));

  expect(told).toEqual([expect.stringMatching(/^error: stdout cannot be written \(ENOSPC\)\. [^\n]+\n$/), 2]);
});

test('a stderr that nobody reads ends nothing', () => {
  const { stderr, told } = outputs();

  stderr.emit('error', failure('EPIPE'));

  expect(told).toEqual([]);
});
