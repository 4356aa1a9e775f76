import { login, Refused } from './api.ts';
import { el } from './dom.ts';

/** Asks for the master key. It goes to the gateway once, and is kept nowhere on this side. */
export function loginView(onSession: () => void): HTMLElement {
  const input = el('input', {
    id: 'key',
    name: 'key',
    type: 'password',
    autocomplete: 'current-password',
    spellcheck: 'false',
    required: true,
    'aria-describedby': 'trouble',
  });
  // Password managers file the key under a name.
  const who = el('input', {
    type: 'text',
    name: 'username',
    autocomplete: 'username',
    value: 'master',
    readonly: true,
    hidden: true,
  });
  const trouble = el('p', { id: 'trouble', class: 'bad', role: 'alert' });
  const button = el('button', { type: 'submit' }, 'Log in');
  const form = el('form', {}, el('label', { for: 'key' }, 'Master key'), who, input, button, trouble);
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    button.disabled = true;
    trouble.textContent = '';
    login(input.value).then(onSession, (error: unknown) => {
      trouble.textContent = error instanceof Refused ? error.message : 'The gateway does not answer.';
      button.disabled = false;
      input.select();
    });
  });
  return el(
    'main',
    { class: 'login' },
    el('h1', {}, 'Rolecall'),
    el('p', { class: 'note' }, 'The dashboard of this gateway is for whoever has its master key.'),
    form,
  );
}
