import type { DeploymentHealth, Router } from '@rolecall/router';

/** Notices that a deployment is left alone now, and was not before. */
export class Cooldowns {
  readonly #known = new Map<string, number>();

  news(router: Router): readonly DeploymentHealth[] {
    return router.health().filter(({ id, state, openUntil = 0 }) => {
      const isNews = state === 'open' && openUntil > (this.#known.get(id) ?? 0) + 100; // two clocks are never quite one
      if (isNews) this.#known.set(id, openUntil);
      return isNews;
    });
  }

  /** Somebody else found it so. */
  know(id: string, until: number): void {
    this.#known.set(id, Math.max(until, this.#known.get(id) ?? 0));
  }

  knows(id: string, until: number): boolean {
    return (this.#known.get(id) ?? 0) >= until;
  }
}
