/** A status that is none of success, as the SDKs of OpenAI, Groq and Anthropic throw it, for what is sent past an SDK. */
export class StatusError extends Error {
  override readonly name = 'StatusError';
  readonly status: number;
  readonly headers: Headers;
  /** The body, read as JSON where it is. */
  readonly error: unknown;

  constructor({ status, headers }: Response, text: string) {
    super(`${status} ${text || 'status code (no body)'}`);
    this.status = status;
    this.headers = headers;
    this.error = parsed(text);
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
