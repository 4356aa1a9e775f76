/** `There is no model named "gtp-4"; there are: gpt-4, groq-fast. Did you mean "gpt-4"?` */
export function unknownModel(name: string, models: Iterable<string>): string {
  const names = [...models];
  return `There is no model named "${name}"; there are: ${names.join(', ') || 'none'}.${hint(name, names)}`;
}

/** Why no chain serves a role, or a request that names neither a role nor a model. */
export function unknownRole(role: string | undefined, roles: Iterable<string>): string {
  const names = [...roles];
  const there = `there are: ${names.join(', ') || 'none'}.`;
  if (role === undefined) return `The request names neither a role nor a model, and no default role is set; ${there}`;
  return `There is no role named "${role}" and no default role; ${there}${hint(role, names)}`;
}

/** ` Did you mean "retry"?`, when one of the names is near; '' otherwise. */
export function hint(name: string, names: readonly string[]): string {
  const near = names
    .map((candidate) => ({ candidate, edits: distance(name.toLowerCase(), candidate.toLowerCase()) }))
    .filter(({ candidate, edits }) => edits <= Math.min(3, Math.floor(Math.min(name.length, candidate.length) / 2)))
    .toSorted((a, b) => a.edits - b.edits)[0];
  return near ? ` Did you mean "${near.candidate}"?` : '';
}

/** How many letters must be put in, left out or changed to make one word of the other (Levenshtein). */
function distance(from: string, to: string): number {
  let row = Array.from({ length: to.length + 1 }, (_, column) => column);
  for (let line = 0; line < from.length; line++) {
    const next = [line + 1];
    for (let column = 1; column <= to.length; column++) {
      const changed = (row[column - 1] ?? 0) + (to[column - 1] === from[line] ? 0 : 1);
      next.push(Math.min(changed, (row[column] ?? 0) + 1, (next[column - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[to.length] ?? 0;
}
