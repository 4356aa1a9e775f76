/** Bodies that come compressed. */
import type { Transform } from 'node:stream';
import { constants, createBrotliDecompress, createGunzip, createInflate } from 'node:zlib';
import type { BodyReader, Incoming } from './exchange.ts';

export const acceptedEncodings = 'gzip, deflate, br';

/** Every piece of a stream is passed on as it comes; whether a body is whole, the connection knows. */
const flush = { flush: constants.Z_SYNC_FLUSH, finishFlush: constants.Z_SYNC_FLUSH };
const brotliFlush = { flush: constants.BROTLI_OPERATION_FLUSH, finishFlush: constants.BROTLI_OPERATION_FLUSH };

const decoders: Readonly<Record<string, () => Transform>> = {
  gzip: () => createGunzip(flush),
  'x-gzip': () => createGunzip(flush),
  deflate: () => createInflate(flush),
  br: () => createBrotliDecompress(brotliFlush),
};

/** The body as it was before it was compressed. One in a coding that nobody asked for comes as it is. */
export function decompressed(body: Incoming, headers: Headers): Incoming {
  const codings = headers.get('content-encoding')?.toLowerCase().split(',') ?? [];
  const steps = codings.map((coding) => coding.trim()).filter((coding) => coding !== 'identity');
  if (!steps.every((coding) => Object.hasOwn(decoders, coding))) return body;
  return steps.reduceRight((from, coding) => through(decoders[coding], from), body);
}

/** The same body after a step, which holds the sender back when its own reader is slow. */
function through(make: (() => Transform) | undefined, body: Incoming): Incoming {
  if (!make) return body;
  const step = make();
  return {
    read(reader: BodyReader) {
      step.on('data', (bytes: Uint8Array) => reader.piece(bytes));
      step.on('end', () => reader.end());
      step.on('error', (cause) => {
        body.cancel(cause);
        reader.fail(new TypeError('terminated', { cause }));
      });
      step.on('drain', () => body.resume());
      body.read({
        piece: (bytes) => void (step.write(bytes) || body.pause()),
        end: () => void step.end(),
        fail(error) {
          step.destroy();
          reader.fail(error);
        },
      });
    },
    pause: () => void step.pause(),
    resume: () => void step.resume(),
    cancel(reason) {
      step.destroy();
      body.cancel(reason);
    },
  };
}
