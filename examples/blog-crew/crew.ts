/** The crew itself: three agents, three tasks, and not a word about models. */
import { Agent, Crew, Task, type Model } from '@rolecall/core';

const researcher = new Agent({
  name: 'researcher',
  role: 'Research Specialist',
  goal: 'Gather information about {topic}',
  backstory: 'You have spent years finding out what is known about a subject, and who said it first.',
  settings: { temperature: 0.3 },
});

const writer = new Agent({
  name: 'writer',
  role: 'Content Writer',
  goal: 'Write blog posts that people read to the end',
  backstory: 'You write for a living, and you would rather cut a sentence than bore a reader.',
  settings: { temperature: 0.7 },
});

const editor = new Agent({
  name: 'editor',
  role: 'Copy Editor',
  goal: 'Polish what others have written without changing what it says',
  backstory: 'You have an ear for rhythm and an eye for the missing comma.',
  settings: { temperature: 0.2 },
});

const research = new Task({
  name: 'research',
  description: `Research the topic: {topic}

Find:
- Key concepts and definitions
- Recent trends and developments
- Expert opinions
- Relevant statistics

Return a structured summary of findings.`,
  expectedOutput: 'Research summary with key points',
  agent: researcher,
});

const write = new Task({
  name: 'write',
  description: `Based on the research, write a 500-word blog post about {topic}.

Requirements:
- Engaging introduction
- Clear structure with headers
- Concrete examples
- Actionable conclusion

Write in a professional but conversational tone.`,
  expectedOutput: 'Complete blog post in markdown',
  agent: writer,
  context: [research],
});

const edit = new Task({
  name: 'edit',
  description: `Edit and polish the blog post.

Check for:
- Grammar and spelling
- Flow and readability
- Consistent tone
- Clear structure

Return the final polished version.`,
  expectedOutput: 'Final polished blog post',
  agent: editor,
  context: [write],
});

export function blogCrew(model: Model) {
  return new Crew({ name: 'blog', tasks: [research, write, edit], model });
}
