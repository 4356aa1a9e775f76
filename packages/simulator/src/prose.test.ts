import { expect, test } from 'vitest';
import type { Ask, Turn } from './ask.ts';
import { signature, writeText } from './prose.ts';

const topic = 'The Future of AI in Healthcare';
const researchTask = `Research the topic: ${topic}\n\nFind:\n- Key concepts and definitions\n- Recent trends and developments\n- Expert opinions\n- Relevant statistics\n\nReturn a structured summary of findings.`;
const writingTask =
  'Based on the research, write a 500-word blog post.\n\nRequirements:\n- Engaging introduction\n- Clear structure with headers\n\nWrite in a professional but conversational tone.';
const editingTask =
  'Edit and polish the blog post.\n\nCheck for:\n- Grammar and spelling\n- Flow and readability\n\nReturn the final polished version.';

function write(prompt: string, before: readonly Turn[] = []): string {
  const turns: readonly Turn[] = [...before, { role: 'user', text: prompt }];
  const ask: Ask = {
    model: 'gpt-4o',
    stream: false,
    turns,
    tools: [],
    toolChoice: 'auto',
    stop: [],
    reasoning: false,
    prompt: [],
  };
  return writeText(ask);
}

const withContext = (task: string, context: string) => `${task}\n\nThis is the context you are working with:\n${context}`;

test('a research task gets a structured summary of its topic that says it is simulated', () => {
  const text = write(researchTask);

  expect(text).toContain(topic);
  for (const heading of ['Key concepts', 'Recent trends', 'Expert opinions', 'Relevant statistics', 'Key points']) {
    expect(text).toContain(heading);
  }
  expect(text).toMatch(/simulated/i);
});

test('a writing task gets a post of about 500 words, with a title and headers, about the topic of its context', () => {
  const text = write(withContext(writingTask, write(researchTask)));

  const words = text.split(/\s+/).length;
  expect(words).toBeGreaterThan(450);
  expect(words).toBeLessThan(580);
  expect(text).toMatch(new RegExp(`^# ${topic}`));
  expect(text.match(/^## /gm)?.length).toBeGreaterThanOrEqual(3);
  expect(text.endsWith(signature)).toBe(true);
});

test('an editing task gets its own draft back, polished, signed once', () => {
  const draft = write(withContext(writingTask, write(researchTask)));

  const edited = write(withContext(editingTask, draft));

  expect(edited).toContain('# The Future of AI in Healthcare');
  expect(edited).not.toBe(draft);
  expect(draft).toMatch(/utilize/);
  expect(edited).not.toMatch(/utilize|in order to|\bvery /i);
  expect(edited.split(signature)).toHaveLength(2);
  expect(edited.length).toBeGreaterThan(draft.length * 0.95);
});

test('an editor keeps to a draft that is not the simulator’s', () => {
  const edited = write(
    withContext(editingTask, '# On Bees\n\nBees are  very busy in order to to live.\n\n## Honey\n\nIt is sweet.'),
  );

  expect(edited).toBe(
    `# On Bees\n\nBees are busy to live.\n\n## Honey\n\nIt is sweet.\n\n*Edited by the Rolecall simulator, not by a language model.*`,
  );
});

test('a draft may stand in an earlier message, and ends where the prompt speaks again', () => {
  const before: Turn[] = [{ role: 'user', text: 'The draft:\n# On Ants\n\nAnts carry leaves.\n\nBegin! This is important.' }];

  const edited = write('Polish the post above.', before);

  expect(edited).toBe(`# On Ants\n\nAnts carry leaves.\n\n*Edited by the Rolecall simulator, not by a language model.*`);
});

test('a draft that another agent handed on is taken whole, whatever it looks like', () => {
  const draft = 'No title.\n\n---\n\n## A header\n\nThe end.';
  const context = `--- Output of "research", by Researcher ---\n# Notes\n\n--- Output of "write", by Writer ---\n${draft}\n\n--- End of earlier outputs ---`;

  const edited = write(`Your task: ${editingTask}\n\n${context}\n\nAnswer now, in full.`);

  expect(edited).toBe(`${draft}\n\n*Edited by the Rolecall simulator, not by a language model.*`);
});

test.each([
  ['Write a 500-word blog post about The Deep Sea.', 'The Deep Sea'],
  ['Write an essay on "Slow Food", please.', 'Slow Food'],
  ['Draft an article. The topic: Tidal Power', 'Tidal Power'],
])('%j is about %s', (prompt, expected) => {
  expect(write(prompt)).toMatch(new RegExp(`^# ${expected}:`));
});

test('an agent that is spoken to between tool calls still does its task', () => {
  const turns: Turn[] = [
    { role: 'user', text: researchTask },
    { role: 'tool', text: 'a finding' },
    { role: 'user', text: 'Give the best complete answer that you can.' },
  ];
  const ask: Ask = { model: 'm', stream: false, turns, tools: [], toolChoice: 'auto', stop: [], reasoning: false, prompt: [] };

  expect(writeText(ask)).toContain(`Research summary: ${topic}`);
  expect(writeText(ask)).toContain('a finding');
});

test('anything else gets a short reply that quotes the question', () => {
  const text = write('What is 2+2?');

  expect(text).toBe('This is a simulated answer from gpt-4o. You asked: "What is 2+2?"');
});

test('the answer after a tool has run quotes its result', () => {
  const turns: Turn[] = [
    { role: 'user', text: 'What is the weather?' },
    { role: 'tool', text: '{"celsius":21}' },
  ];
  const ask: Ask = { model: 'm', stream: false, turns, tools: [], toolChoice: 'auto', stop: [], reasoning: false, prompt: [] };

  expect(writeText(ask)).toContain('{"celsius":21}');
});

test('the same question gets the same answer', () => {
  expect(write(researchTask)).toBe(write(researchTask));
});
