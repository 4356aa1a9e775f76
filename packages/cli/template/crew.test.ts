import assert from 'node:assert/strict';
import { test } from 'node:test';
import { scriptedModel } from '@rolecall/core/testing';
import { blogCrew } from './crew.ts';

void test('what the researcher found reaches the writer, and the editor has the last word', async () => {
  const model = scriptedModel(['Three key points.', 'A draft.', 'A polished post.']);

  const { text, tasks } = await blogCrew(model).kickoff({ topic: 'tea' });

  assert.equal(text, 'A polished post.');
  assert.equal(tasks.write.text, 'A draft.');
});
