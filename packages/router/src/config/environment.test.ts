import { expect, test } from 'vitest';
import { environmentOf, withVariables } from './environment.ts';

test('a variable stands in for any string, at any depth', () => {
  const file = { a: 'os.environ/A', b: [{ c: 'os.environ/B' }, 'plain'], d: 'see os.environ/A' };

  const { value, missing } = withVariables(file, { A: 'one', B: 'two' });

  expect(value).toEqual({ a: 'one', b: [{ c: 'two' }, 'plain'], d: 'see os.environ/A' });
  expect(missing).toEqual([]);
});

test('one that is not set, or empty, is left out and told of with its place', () => {
  const { value, missing } = withVariables({ a: { b: 'os.environ/NONE', c: 'os.environ/EMPTY' }, d: null }, { EMPTY: ' ' });

  expect(value).toEqual({ a: {} });
  expect(missing).toEqual([
    { path: ['a', 'b'], variable: 'NONE' },
    { path: ['a', 'c'], variable: 'EMPTY' },
  ]);
});

test('no variable is found among what every object inherits', () => {
  expect(withVariables({ a: 'os.environ/toString' }, {}).missing).toHaveLength(1);
});

test("the file's own variables come first, and may refer to the process's", () => {
  const file = { environment_variables: { HOST: 'http://mine', PORT: 8080, KEY: 'os.environ/REAL' } };

  expect(environmentOf(file, { HOST: 'http://theirs', REAL: 'k', OTHER: 'o' })).toEqual({
    HOST: 'http://mine',
    PORT: '8080',
    KEY: 'k',
    REAL: 'k',
    OTHER: 'o',
  });
});
