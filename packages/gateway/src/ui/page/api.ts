/** What is asked of the gateway. Nothing else is ever asked. */

/** It has to be known who this is. */
export class NoSession extends Error {}

/** The gateway said no, and why. */
export class Refused extends Error {
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

export async function ask<Answer>(path: string): Promise<Answer> {
  return (await answerOf(await fetch(`/ui/api/${path}`, { headers: { accept: 'application/json' } }))) as Answer;
}

export async function login(key: string): Promise<void> {
  await post('/ui/login', { key });
}

export async function logout(): Promise<void> {
  await post('/ui/logout', {});
}

async function post(path: string, body: object): Promise<void> {
  const response = await fetch(path, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  if (!response.ok) throw new Refused(response.status, await reasonOf(response));
}

async function answerOf(response: Response): Promise<unknown> {
  if (response.status === 401) throw new NoSession('No session');
  if (!response.ok) throw new Refused(response.status, await reasonOf(response));
  return await response.json();
}

async function reasonOf(response: Response): Promise<string> {
  try {
    const { error } = (await response.json()) as { readonly error?: { readonly message?: string } };
    return error?.message ?? `The gateway answered ${response.status}.`;
  } catch {
    return `The gateway answered ${response.status}.`;
  }
}
