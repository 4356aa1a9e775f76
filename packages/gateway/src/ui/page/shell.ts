/** What stands around every view: where to go, whether it is live, and the way out. */
import { el } from './dom.ts';
import type { Connection } from './live.ts';

export interface Shell {
  readonly root: readonly HTMLElement[];
  readonly heading: HTMLElement;
  readonly content: HTMLElement;
  readonly pause: HTMLButtonElement;
  readonly leave: HTMLButtonElement;
  show(title: string, path: string): void;
  connection(connection: Connection): void;
  say(trouble: string): void;
}

const places = [
  ['#/', 'Overview'],
  ['#/requests', 'Requests'],
  ['#/spend', 'Spend'],
  ['#/backends', 'Backends'],
  ['#/keys', 'Keys'],
] as const;

const connections: Readonly<Record<Connection, string>> = {
  connecting: 'Connecting',
  live: 'Live',
  paused: 'Paused',
  lost: 'No connection',
};

export function createShell(): Shell {
  const heading = el('h1', { tabindex: -1 });
  const content = el('div');
  const state = el('span', { class: 'state', role: 'status' });
  const trouble = el('p', { class: 'alert', role: 'alert', hidden: true });
  const pause = el('button', { type: 'button' }, 'Pause');
  const leave = el('button', { type: 'button', hidden: true }, 'Log out');
  const links = places.map(([href, text]) => el('a', { href }, text));
  const nav = el(
    'nav',
    { 'aria-label': 'Views' },
    el(
      'ul',
      {},
      links.map((link) => el('li', {}, link)),
    ),
  );
  const skip = el('a', { href: '#content', class: 'skip' }, 'Skip to the content');
  skip.addEventListener('click', (event) => {
    event.preventDefault(); // the part after # says which view it is
    heading.focus();
  });
  return {
    root: [
      skip,
      el('header', {}, el('strong', { class: 'brand' }, 'Rolecall'), nav, el('div', { class: 'tools' }, state, pause, leave)),
      el('main', { id: 'content' }, heading, trouble, content),
    ],
    heading,
    content,
    pause,
    leave,
    show(title, path) {
      heading.textContent = title;
      document.title = `${title} · Rolecall`;
      for (const link of links) {
        const href = link.getAttribute('href') ?? '';
        const isHere = href === path || (href !== '#/' && path.startsWith(`${href}/`));
        if (isHere) link.setAttribute('aria-current', 'page');
        else link.removeAttribute('aria-current');
      }
    },
    connection(connection) {
      state.textContent = connections[connection];
      state.dataset['state'] = connection;
      pause.textContent = connection === 'paused' ? 'Go on' : 'Pause';
    },
    say(text) {
      trouble.textContent = text;
      trouble.hidden = text === '';
    },
  };
}
