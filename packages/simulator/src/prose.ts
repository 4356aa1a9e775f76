/** Every word the simulator says of its own accord. */
import type { Ask } from './ask.ts';

export const signature = '*Written by the Rolecall simulator, not by a language model.*';
const editedBy = '*Edited by the Rolecall simulator, not by a language model.*';

/** A text that fits the prompt: the three tasks of a blog crew, or a short reply. */
export function writeText({ model, turns }: Ask): string {
  const prompts = turns.filter(({ role }) => role === 'user').map(({ text }) => text);
  const everything = turns.map(({ text }) => text).join('\n');
  const toolResult = turns.findLast(({ role }) => role === 'tool')?.text;
  const last = prompts.at(-1) ?? '';
  // Between tool calls an agent may be spoken to: its task then still stands in the first message.
  const prompt = toolResult === undefined || taskOf(last) ? last : (prompts[0] ?? last);
  const text = writeFor(taskOf(prompt), { prompt, everything });
  if (toolResult === undefined) return text ?? shortReply(model, prompt);
  const quote = `The tool returned: ${toolResult}`;
  return text === undefined ? `Simulated answer. ${quote}` : `${text}\n\n${quote}`;
}

/** What a model would be seen to think, if asked to think aloud. */
export function writeReasoning({ turns }: Ask): string {
  const prompt = turns.findLast(({ role }) => role === 'user')?.text ?? '';
  return `Simulated reasoning: the request is "${firstWords(prompt, 12)}". A plain answer will do.`;
}

/** The text for a string of this name in simulated JSON. */
export function writeField({ turns }: Ask, name: string): string {
  const everything = turns.map(({ text }) => text).join('\n');
  return /^(q|query|question|topic|subject|search|keywords?|title)$/i.test(name) ? topicOf(everything) : `simulated ${name}`;
}

type Task = 'research' | 'write' | 'edit' | undefined;

/** Edits are looked for first: an editor's prompt quotes a post, and a writer's prompt quotes research. */
function taskOf(prompt: string): Task {
  const instructions = prompt.split(/^#{1,3} /m, 1)[0]?.trim() ?? '';
  const cues: readonly [Task, RegExp][] = [
    ['edit', /\b(edit|polish|proofread|copy-?edit)\b/i],
    ['write', /\b(write|draft|compose)\b[^.]{0,80}\b(post|article|blog|essay)\b/i],
    ['research', /\b(research|investigate|gather information)\b/i],
  ];
  const cueIn = (text: string): Task => cues.find(([, cue]) => cue.test(text))?.[0];
  return cueIn(instructions) ?? cueIn(prompt);
}

interface Brief {
  readonly prompt: string;
  readonly everything: string;
}

function writeFor(task: Task, brief: Brief): string | undefined {
  if (task === 'research') return research(topicOf(brief.prompt));
  if (task === 'write') return post(topicOf(brief.everything));
  if (task === 'edit') return polish(draftIn(brief.prompt) ?? draftIn(brief.everything) ?? post(topicOf(brief.everything)));
  return undefined;
}

function topicOf(text: string): string {
  const found =
    /^#{0,3} *Research summary: *(.+)$/im.exec(text)?.[1] ??
    /\b(?:topic|subject)\b[^:\n]{0,20}: *["“]?([^\n"”]+)/i.exec(text)?.[1] ??
    /\babout:? +["“]([^"”\n]+)["”]/i.exec(text)?.[1] ??
    /\b(?:post|article|blog|essay) (?:about|on) +["“]?([^\n.,;:"”]{3,80})/i.exec(text)?.[1] ??
    /\b(?:about|research|investigate) +(?!the\b|a\b|an\b|your\b|this\b)([^\n.,;:"]{3,80})/i.exec(text)?.[1] ??
    /^# +(.+)$/m.exec(text)?.[1];
  return found?.trim().replace(/[.!?]+$/, '') ?? 'the subject at hand';
}

function firstWords(text: string, count: number): string {
  const words = text.trim().split(/\s+/);
  return words.length > count ? `${words.slice(0, count).join(' ')} …` : words.join(' ');
}

function shortReply(model: string, prompt: string): string {
  const asked = firstWords(prompt, 20);
  return asked === ''
    ? `This is a simulated answer from ${model}.`
    : `This is a simulated answer from ${model}. You asked: "${asked}"`;
}

function research(topic: string): string {
  return `## Research summary: ${topic}

This summary is simulated: it has the shape of research, and no finding in it is real.

**Key concepts and definitions**
- ${topic}: the field this summary stands in for, taken at its everyday meaning.
- Adoption: the step from a promising trial to something people rely on daily.
- Oversight: who checks the results, and what happens when a check fails.

**Recent trends and developments**
- Small pilots are giving way to services with owners, budgets and measured outcomes.
- Tools are chosen per task, with the costly ones kept for the work that needs them.
- Buyers ask how a result came about before they ask how fast it came.

**Expert opinions**
- Simulated practitioner: "Begin with the dullest problem that costs you time every week."
- Simulated critic: "A system nobody can question is a system nobody should trust."

**Relevant statistics**
- Simulated figure: 3 in 4 teams would repeat their first project with a narrower scope.
- Simulated figure: 1 hour of planning saves 4 hours of rework.

**Key points**
1. ${topic} matters most where it removes routine work.
2. Trust follows from results that can be checked.
3. Starting small is faster than starting over.`;
}

/** Rough in places, as a draft is: an editor has something to do. */
function post(topic: string): string {
  return `# ${topic}: What Changes, and What Does Not

Every few years a subject stops being a talking point and starts being a line in somebody's budget. ${topic} has reached that moment. The question in meetings is no longer whether it matters, but who does what on Monday morning. This post walks through what is changing, shows it with examples you can picture, and ends with steps you can take this week.

## Why it matters now

For a long time ${topic} was discussed in terms of what might happen one day. Three things moved it closer. The tools became cheap enough to try without a committee. The people who would use them began to ask for them by name. And the first honest accounts of failure appeared, which is always a sign that the real work has begun.

That last point deserves a second look. A field in which everybody succeeds is a field in which nobody is measuring. Once teams write down what went wrong, others can plan around it, and progress stops depending on luck.

## What it looks like in practice

Picture a small team that spends every Friday putting together the same report. They utilize a new tool for the first pass, and one person reads the result with a pencil in hand. The report is finished by noon. Nothing about this is spectacular, and that is exactly why it lasts.

Now picture a larger organisation that begins with its hardest problem instead. Six months later there is a very impressive demonstration and no daily user. The difference between the two stories is not talent or money. It is the choice of where to begin.

A third example sits in between. A department keeps its existing process, adds one automatic check in front of it, and counts how often the check is right. After a month the numbers decide what happens next, not the loudest voice in the room.

## What to watch out for

There are a few traps worth naming in plain words:

- **Scope that grows quietly.** Agree in writing on what is out.
- **Results nobody checks.** Give the checking to a person, with a name and time set aside.
- **Costs that hide.** Track what each piece of work costs from the first day, while the numbers are still small.

None of these is technical. In order to avoid them you need a calendar, a list and a little stubbornness.

## What you can do this week

Start with one task that repeats, bores people and is easy to verify. Write down how long it takes today. Try a new approach on that task alone for five days, and write down the same number again. Share both numbers with your team, including the mistakes, and decide together whether to go on.

${topic} will not be settled by a single announcement. It will be settled by many small decisions, made by people who measured first. Yours can be one of them, and it can start on Monday.

${signature}`;
}

/** The post within a prompt: what an earlier task handed on, or else from a title to where the prompt goes on in its own voice. */
function draftIn(text: string): string | undefined {
  const handedOn = [...text.matchAll(/^--- Output of .+---\n([\s\S]*?)\n+(?=--- (?:Output|End) of )/gm)].at(-1)?.[1];
  if (handedOn !== undefined) return handedOn;
  const start = text.search(/^# \S/m);
  if (start < 0) return undefined;
  const rest = text.slice(start);
  const signed = rest.indexOf(signature);
  const end = signed >= 0 ? signed + signature.length : rest.search(/^(?:Begin!|-{5,}|Your final answer|Expected output)/im);
  return end > 0 ? rest.slice(0, end) : rest;
}

const edits: readonly [RegExp, string][] = [
  [/\bin order to\b/g, 'to'],
  [/\bIn order to\b/g, 'To'],
  [/\butilize\b/gi, 'use'],
  [/\bputting together\b/g, 'assembling'],
  [/\bvery (?=\w)/g, ''],
  [/\ba lot of\b/g, 'many'],
  [/(\S) {2,}(?=\S)/g, '$1 '],
  [/\b(the|a|an|and|to|of) \1\b/gi, '$1'],
  [/ +$/gm, ''],
  [/\n{3,}/g, '\n\n'],
];

/** Says once who wrote it, or else who edited it. */
function polish(draft: string): string {
  const unsigned = draft.replaceAll(signature, '').replaceAll(editedBy, '').trim();
  const polished = edits.reduce((text, [find, replacement]) => text.replace(find, replacement), unsigned);
  return `${polished}\n\n${draft.includes(signature) ? signature : editedBy}`;
}
