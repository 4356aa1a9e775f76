/** Many who ask at once are answered by few questions: one at a time, and whoever comes meanwhile is in the next. */
const mostKeys = 200;

interface Question<Answer> {
  readonly keys: Set<string>;
  readonly answer: Promise<Answer>;
}

/** Everybody is given the whole answer to the question that their key was in. */
export function together<Answer>(ask: (keys: readonly string[]) => Promise<Answer>): (key: string) => Promise<Answer> {
  let open: Question<Answer> | undefined;
  let earlier: Promise<unknown> = Promise.resolve();

  const begin = (): Question<Answer> => {
    const keys = new Set<string>();
    const answer = earlier.then(() => {
      if (open?.keys === keys) open = undefined;
      return ask([...keys]);
    });
    earlier = answer.catch(() => undefined); // those who asked are told
    return { keys, answer };
  };

  return (key) => {
    if (!open || open.keys.size >= mostKeys) open = begin();
    open.keys.add(key);
    return open.answer;
  };
}
