/** In which order the models of a route are asked, and who is asked instead when a prompt is too long or is filtered. */
import type { FallbackTarget, Message, Model } from '@rolecall/core';
import type { ModelErrorCode } from './errors.ts';

/** A named model, or one of its deployments, with all that happens to a call of it. */
export interface Link {
  readonly name: string;
  readonly model: Model;
  /** Set when it is one deployment by itself: it is not asked again after it was asked behind its named model. */
  readonly deployment?: string | undefined;
}

export interface Step extends Link {
  /** Where the chain goes on when what follows this step does not stand in for it after all: behind its own fallbacks. */
  readonly after: number;
  /** It stands in a list that somebody wrote for just this role or request. */
  readonly isListed: boolean;
  /** What it is asked in the place of the request's own messages. */
  readonly messages?: readonly Message[] | undefined;
}

export type Chain = readonly Step[];

/** Lists of stand-ins by named model; `'*'` is for those that have no list of their own. */
export type Lists = ReadonlyMap<string, readonly string[]>;

export interface FallbackLists {
  readonly general: Lists;
  /** After `context_too_long`. @default the general ones */
  readonly contextWindow: Lists | undefined;
  /** After `content_filtered`. @default the general ones */
  readonly contentPolicy: Lists | undefined;
}

export interface Chains {
  /** One named model and its fallbacks, each followed by its own, nobody twice; several names: just these, in order. */
  readonly of: (names: readonly string[]) => Chain;
  /** The first model of the chain, then just those that the request names. */
  readonly asRequested: (chain: Chain, fallbacks: readonly (string | FallbackTarget)[] | false) => Chain;
  /** Who is asked after a failure of this kind, in the place of the rest; `undefined`: the rest. */
  readonly insteadOf: (step: Step, code: unknown) => Chain | undefined;
}

/** Knows every chain that can be made of these links. */
export function createChains(links: ReadonlyMap<string, Link>, { general, contextWindow, contentPolicy }: FallbackLists): Chains {
  const kinds: { readonly [Code in ModelErrorCode]?: Lists | undefined } = {
    context_too_long: contextWindow,
    content_filtered: contentPolicy,
  };
  const flat = (names: readonly string[], head?: string): Chain =>
    flatten(names, links, (name) => general.get(name) ?? (name === head ? general.get('*') : undefined));
  const special = new Map(
    [contextWindow, contentPolicy].flatMap((lists) => [...(lists?.values() ?? [])]).map((names) => [names, flat(names)]),
  );

  const listed = (names: readonly string[]): Chain =>
    names.flatMap((name) => links.get(name) ?? []).map((link) => ({ ...link, after: names.length, isListed: true }));

  return {
    of(names) {
      const [only] = names;
      return only !== undefined && names.length === 1 ? flat(names, only) : listed(names);
    },
    asRequested(chain, fallbacks) {
      const head = chain.slice(0, 1);
      const seen = new Set(head.map(({ name }) => name));
      const targets = (fallbacks || []).map((target): FallbackTarget =>
        typeof target === 'string' ? { model: target } : target,
      );
      const wanted = targets.filter(({ model, messages }) => messages !== undefined || (!seen.has(model) && seen.add(model)));
      const steps = wanted.flatMap(({ model, messages }) => listed([model]).map((step) => ({ ...step, messages })));
      return [...head, ...steps].map((step) => ({ ...step, after: steps.length + 1, isListed: true }));
    },
    insteadOf({ name, isListed }, code) {
      const lists = kinds[code as ModelErrorCode];
      const names = lists?.get(name) ?? lists?.get('*');
      if (names) return special.get(names);
      return lists && !isListed ? [] : undefined; // a list for others means: nobody for this one
    },
  };
}

/** Each name followed by its fallbacks, and theirs. */
function flatten(
  names: readonly string[],
  links: ReadonlyMap<string, Link>,
  fallbacksOf: (name: string) => readonly string[] | undefined,
): Chain {
  const steps: Step[] = [];
  const seen = new Set<string>();
  const visit = (name: string): void => {
    const link = links.get(name);
    if (!link || seen.has(name)) return;
    seen.add(name);
    const step = { ...link, after: 0, isListed: false };
    steps.push(step);
    for (const next of fallbacksOf(name) ?? []) visit(next);
    step.after = steps.length;
  };
  for (const name of names) visit(name);
  return steps;
}
