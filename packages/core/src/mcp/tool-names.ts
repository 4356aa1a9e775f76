/** Names for tools that models and providers accept, and that no two tools share. */
import { createHash } from 'node:crypto';

/** What providers accept. */
const longest = 64;

/**
 * `server_tool`, for each tool of a server. A name that had to be altered and then was taken, or is too long, ends in a
 * piece of the hash of what it was: it never depends on the order in which a server lists its tools.
 */
export function toolNames(server: string, tools: readonly string[]): ReadonlyMap<string, string> {
  const wanted = tools.map((tool) => ({ tool, name: `${server}_${tool.replaceAll(/[^a-zA-Z0-9_-]/g, '_')}` }));
  const counts = new Map<string, number>();
  for (const { name } of wanted) counts.set(name, (counts.get(name) ?? 0) + 1);
  return new Map(
    wanted.map(({ tool, name }) => {
      const isOwn = name === `${server}_${tool}`;
      const fits = name.length <= longest && (isOwn || counts.get(name) === 1);
      return [tool, fits ? name : hashed(name, tool)];
    }),
  );
}

const hashLength = 8;

function hashed(name: string, tool: string): string {
  const hash = createHash('sha256').update(tool).digest('hex').slice(0, hashLength);
  return `${name.slice(0, longest - hashLength - 1)}_${hash}`;
}
