/** Whether a worker's crew is the one that a run began with. */
import { TerminalError, type WorkflowContext } from '@restatedev/restate-sdk';
import { changesBetween, definitionOf, type AnyCrew } from './definition.ts';
import { changedMark, errorCodes, type RunRequest } from './run-request.ts';

/**
 * A run that nobody has begun is refused for good. One that was begun with another crew fails as long as this worker has
 * its place, and goes on when the crew it began with is back. Gives the time when it began.
 */
export async function requireSameCrew(crew: AnyCrew, ctx: WorkflowContext, { definition }: RunRequest): Promise<number> {
  const now = definitionOf(crew);
  let isBeginning = false;
  const begun = await ctx.run('crew', () => {
    isBeginning = true;
    return { definition: now, at: Date.now() };
  });
  const asked = changesBetween(definition, now);
  const advice = 'Register a worker with the changed crew beside the old one, which finishes its own runs';
  if (isBeginning && asked !== undefined) {
    const message = `Crew "${crew.name}" of this worker is not that of the client, by ${asked}. ${advice}`;
    throw new TerminalError(message, { errorCode: errorCodes.changed });
  }
  const changes = changesBetween(begun.definition, now);
  if (changes === undefined) return begun.at;
  throw new Error(`${changedMark}: "${crew.name}" is not the crew that run "${ctx.key}" began with, by ${changes}. ${advice}`);
}
