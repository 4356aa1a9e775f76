import { expect, test } from 'vitest';
import type { Message } from './model.ts';
import { openingMessages } from './prompt.ts';

const persona = { role: 'Research Specialist', goal: 'Find out all about AI', backstory: 'You dig deep.' };
const assignment = { description: 'Research AI', expectedOutput: 'Five key points', context: [], hasTools: true };
const textOf = (messages: readonly Message[], index: number): unknown => messages[index]?.content;

test('role, goal and backstory are in the system message, the task in the user message', () => {
  const messages = openingMessages({ persona, assignment });

  expect(messages.map(({ role }) => role)).toEqual(['system', 'user']);
  for (const text of Object.values(persona)) expect(textOf(messages, 0)).toContain(text);
  expect(textOf(messages, 1)).toContain('Research AI');
  expect(textOf(messages, 1)).not.toContain('You dig deep.');
});

test('the task prompt has the description, the expected output and the demand for the full content', () => {
  const user = textOf(openingMessages({ persona, assignment }), 1);

  expect(user).toContain('Research AI');
  expect(user).toContain('Five key points');
  expect(user).toContain('whole content itself, not a summary');
});

test('each context block is labelled with its task and its role, and they are in order', () => {
  const context = [
    { task: 'research', role: 'Research Specialist', text: 'Points' },
    { task: 'outline', role: 'Planner', text: 'Outline' },
  ];

  const user = textOf(openingMessages({ persona, assignment: { ...assignment, context } }), 1);

  expect(user).toContain(
    '--- Output of "research", by Research Specialist ---\nPoints\n\n--- Output of "outline", by Planner ---\nOutline',
  );
});

test('without context nothing is said of earlier tasks', () => {
  expect(textOf(openingMessages({ persona, assignment }), 1)).not.toMatch(/earlier|output of "/i);
});

test('an agent without tools is asked to answer at once', () => {
  expect(textOf(openingMessages({ persona, assignment: { ...assignment, hasTools: false } }), 1)).toContain(
    'Answer now, in full',
  );
  expect(textOf(openingMessages({ persona, assignment }), 1)).not.toContain('Answer now');
});
