/** The dashboard: a view for each address after `#`, drawn anew when there is news, and every few seconds. */
import type { BackendsAnswer, KeysAnswer, RequestAnswer, SummaryAnswer } from '../answers.ts';
import { ask, logout, NoSession, Refused } from './api.ts';
import { backendsView } from './backends-view.ts';
import { morph } from './dom.ts';
import * as format from './format.ts';
import { keysView } from './keys-view.ts';
import { Live } from './live.ts';
import { loginView } from './login-view.ts';
import { overviewView } from './overview-view.ts';
import { requestTable } from './request-table.ts';
import { requestView } from './request-view.ts';
import { createShell } from './shell.ts';
import { spendView } from './spend-view.ts';

/** What can be drawn at once, from what is known; it is drawn again with every change of the latest requests. */
interface View {
  readonly title: string;
  readonly draw: () => readonly Node[];
}

const everyMs = 4_000;
const root = document.querySelector('#app')!;
const shell = createShell();
const live = new Live({
  onChange: () => drawSoon(),
  onConnection: (connection) => shell.connection(connection),
  onLost: () => setTimeout(() => void refresh(), 1_000),
});

let view: View | undefined;
let isPaused = false;
let isIn = false;
let isDrawing = false;
/** Counts up with every address: an answer for an earlier one is let go. */
let visit = 0;

function place(): string {
  return location.hash === '' ? '#/' : location.hash;
}

async function viewOf(path: string): Promise<View> {
  const [, where = '', id = ''] = path.split('/');
  if (where === 'requests' && id !== '') return await oneRequest(id);
  const summary = await ask<SummaryAnswer>('summary');
  shell.leave.hidden = !summary.hasLogin;
  if (where === 'requests') return { title: 'Requests', draw: () => [requestTable(live.requests, 'None yet.')] };
  if (where === 'spend') return { title: 'Spend', draw: () => spendView(summary) };
  if (where === 'keys') {
    const { keys } = await ask<KeysAnswer>('keys');
    return { title: 'Keys', draw: () => keysView(keys) };
  }
  const { backends } = await ask<BackendsAnswer>('backends');
  if (where === 'backends') return { title: 'Backends', draw: () => backendsView(backends, summary.models) };
  return { title: 'Overview', draw: () => overviewView(summary, backends, live.requests) };
}

async function oneRequest(id: string): Promise<View> {
  const { request, now } = await ask<RequestAnswer>(`requests/${id}`);
  const title = `Request for ${format.name(request.asked)}`;
  return { title, draw: () => requestView(live.find(request.id) ?? request, now) };
}

/** Asks for what the view shows, and draws it. */
async function refresh(): Promise<void> {
  const now = visit;
  try {
    const next = await viewOf(place());
    if (now !== visit) return;
    if (!isIn) enter();
    view = next;
    shell.say('');
    draw();
  } catch (error) {
    if (now === visit) complain(error);
  }
}

/** Another view begins at its heading. */
async function arrive(): Promise<void> {
  await refresh();
  scrollTo(0, 0);
  shell.heading.focus({ preventScroll: true });
}

function complain(error: unknown): void {
  if (error instanceof NoSession) return askForKey();
  if (!isIn) enter();
  if (error instanceof Refused && error.status === 404) {
    view = { title: 'Not found', draw: () => [] };
    draw();
  }
  shell.say(error instanceof Refused ? error.message : 'The gateway does not answer. What you see may be old.');
}

function draw(): void {
  if (!view) return;
  shell.show(view.title, place());
  morph(shell.content, view.draw());
}

function drawSoon(): void {
  if (isDrawing) return;
  isDrawing = true;
  requestAnimationFrame(() => {
    isDrawing = false;
    draw();
  });
}

function enter(): void {
  isIn = true;
  root.replaceChildren(...shell.root);
  if (!isPaused) live.start();
}

function askForKey(): void {
  isIn = false;
  live.stop();
  document.title = 'Log in · Rolecall';
  root.replaceChildren(loginView(() => void arrive()));
  root.querySelector<HTMLInputElement>('#key')?.focus();
}

shell.pause.addEventListener('click', () => {
  isPaused = !isPaused;
  if (isPaused) live.pause();
  else {
    live.start();
    void refresh();
  }
});
shell.leave.addEventListener('click', () => void logout().then(askForKey, complain));
window.addEventListener('hashchange', () => {
  visit += 1;
  void arrive();
});
setInterval(() => {
  if (isIn && !isPaused && !document.hidden) void refresh();
}, everyMs);
void refresh();
