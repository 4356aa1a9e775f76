/** Whether a worker's crew is the one that a run began with. */
import { TerminalError, type WorkflowContext } from '@restatedev/restate-sdk';
import { changesBetween, definitionOf, type AnyCrew } from './definition.ts';
import { changedMark, errorCodes, type RunRequest } from './run-request.ts';

/** Gives the time when a run began. */
export type SameCrew = (ctx: WorkflowContext, request: RunRequest) => Promise<number>;

/**
 * A run begins with the crew that its client has, so that what is in the request is what it began with. By another it is
 * refused for good when nobody has begun it. One that was begun fails as long as another has its place, and goes on when
 * the crew it began with is back.
 */
export function sameCrewAs(crew: AnyCrew): SameCrew {
  const ours = definitionOf(crew);
  const advice = 'Register a worker with the changed crew beside the old one, which finishes its own runs';
  return async (ctx, { definition }) => {
    let isBeginning = false;
    const begunAt = await ctx.run('crew', () => {
      isBeginning = true;
      return Date.now();
    });
    const changes = changesBetween(definition, ours);
    if (changes === undefined) return begunAt;
    if (!isBeginning) {
      const message = `"${crew.name}" is not the crew that run "${ctx.key}" began with, by ${changes}`;
      throw new Error(`${changedMark}: ${message}. ${advice}`);
    }
    const message = `Crew "${crew.name}" of this worker is not that of the client, by ${changes}. ${advice}`;
    throw new TerminalError(message, { errorCode: errorCodes.changed });
  };
}
