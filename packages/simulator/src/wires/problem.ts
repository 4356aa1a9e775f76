/** What can be wrong with a request, before any provider has put it into words. */
export type Problem =
  | { readonly problem: 'unknown_path' | 'wrong_method'; readonly method: string; readonly path: string }
  | { readonly problem: 'no_key' | 'bad_json' | 'too_large' }
  | { readonly problem: 'no_model'; readonly model: string }
  /** The provider's own validation: `message` is in its words. */
  | {
      readonly problem: 'invalid';
      readonly message: string;
      readonly param?: string | undefined;
      readonly code?: string | undefined;
    }
  | { readonly problem: 'context_length'; readonly tokens: number; readonly message?: string | undefined }
  | { readonly problem: 'content_filter' | 'quota'; readonly message?: string | undefined }
  | {
      readonly problem: 'status';
      readonly status: number;
      readonly model: string;
      readonly message?: string | undefined;
      readonly code?: string | undefined;
    };

/** Thrown while a body is read: the provider would answer with this problem. */
export class Rejected extends Error {
  override readonly name = 'Rejected';
  readonly problem: Problem;

  constructor(problem: Problem) {
    super(problem.problem);
    this.problem = problem;
  }
}

export function isProblem(value: object): value is Problem {
  return 'problem' in value;
}

/** Ends the reading of a body with the provider's own words. */
export function invalid(message: string, param?: string, code?: string): never {
  throw new Rejected({ problem: 'invalid', message, param, code });
}
