import { createParser } from 'eventsource-parser';

export interface ServerSentEvent {
  readonly event?: string | undefined;
  readonly data: string;
}

/**
 * Reads the server-sent events of a response as they come (https://html.spec.whatwg.org/multipage/server-sent-events.html).
 * Leaving the loop early cancels the body; a cut socket surfaces as the error that `fetch` throws.
 */
export async function* readEvents(response: Response): AsyncGenerator<ServerSentEvent, void, void> {
  if (!response.body) return;
  const arrived: ServerSentEvent[] = [];
  const parser = createParser({ onEvent: (event) => arrived.push(event) });
  const decoder = new TextDecoder();

  for await (const bytes of response.body) {
    parser.feed(decoder.decode(bytes, { stream: true }));
    for (const event of arrived) yield event;
    arrived.length = 0;
  }
}
