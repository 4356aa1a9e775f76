/** A streamed answer on its way to the caller: as bytes of a backend that speaks his API, or told anew in its words. */
import type { ModelRequest, ModelResponse, Wire } from '@rolecall/core';
import type { EventStream } from '../http/event-stream.ts';
import type { EventWriter } from '../wire/dialect.ts';

export interface StreamedAnswer {
  readonly stream: EventStream;
  readonly onBytes: NonNullable<Wire['onBytes']>;
  readonly onDelta: NonNullable<ModelRequest['onDelta']>;
  end(response: ModelResponse): void;
}

/** Whoever spoke last ends the stream: relayed bytes hold their own end. */
export function streamedAnswer(stream: EventStream, writer: EventWriter): StreamedAnswer {
  let isRelayed = false;
  return {
    stream,
    onBytes: (bytes) => {
      isRelayed = true;
      return stream.write(bytes);
    },
    onDelta: (delta) => {
      isRelayed = false;
      return stream.write(writer.delta(delta));
    },
    end: (response) => stream.end(isRelayed ? '' : writer.end(response)),
  };
}
