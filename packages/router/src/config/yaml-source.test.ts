import { expect, test } from 'vitest';
import { readYaml } from './yaml-source.ts';

test('a key is placed where it is written, an item where it begins, and what is not there at what is nearest above', () => {
  const source = readYaml('model_list:\n  - model_name: fast\n    litellm_params:\n      model: ollama/mistral\n');

  expect(source.placeOf(['model_list', 0])).toEqual({ line: 2, column: 5 });
  expect(source.placeOf(['model_list', 0, 'litellm_params', 'model'])).toEqual({ line: 4, column: 7 });
  expect(source.placeOf(['model_list', 0, 'litellm_params', 'api_base'])).toEqual({ line: 3, column: 5 });
  expect(source.placeOf(['roles'])).toEqual({ line: 1, column: 1 });
});

test('anchors and merge keys are read, and placed at what they stand for', () => {
  const source = readYaml('usual: &usual\n  rpm: 9\nmine:\n  <<: *usual\n  tpm: 1\nsame: *usual\n');

  expect(source.value).toEqual({ usual: { rpm: 9 }, mine: { rpm: 9, tpm: 1 }, same: { rpm: 9 } });
  expect(source.placeOf(['same', 'rpm'])).toEqual({ line: 2, column: 3 });
  expect(source.placeOf(['mine', 'rpm']).line).toBe(3);
});

test('a key given twice is placed, and reading goes on', () => {
  const source = readYaml('a: 1\nb: 2\na: 3\n');

  expect(source.faults).toEqual([{ line: 3, column: 1, sentence: expect.stringContaining('the key a is given twice') }]);
  expect(source.value).toMatchObject({ b: 2 });
});

test.each([
  ['an open quote', 'a: "x\nb: 1\n'],
  ['a tab for an indent', 'a:\n\tb: 1\n'],
  ['two maps in one', 'a: b: c\n'],
  ['a list that is not one', 'a:\n  - b\n  c: 1\n'],
  ['an anchor that is not there', 'a: *nowhere\n'],
  ['aliases without end', `a: &a [x, x, x, x, x, x, x, x, x, x]\nb: &b [${'*a, '.repeat(40)}]\nc: [${'*b, '.repeat(40)}]\n`],
])('%s is a fault with a place', (_, text) => {
  const source = readYaml(text);

  expect(source.value).toBeUndefined();
  expect(source.faults[0]?.line).toBeGreaterThan(0);
  expect(source.faults[0]?.sentence).toContain('the YAML is broken');
});

test('a fault quotes nothing of the text but a key', () => {
  const secret = 'hunter2-hunter2';
  const texts = [
    `api_key: "${secret}\n`,
    `a: b: ${secret}\n`,
    `- x\n${secret}: 1\n`,
    `key: | ${secret}\n`,
    `a: [${secret}\n`,
    `? "\\q${secret}"\n`,
  ];

  for (const text of texts) expect(JSON.stringify(readYaml(text).faults)).not.toContain('hunter2');
});
