/** Bodies that come compressed. */
import type { Transform } from 'node:stream';
import type * as zlibModule from 'node:zlib';
import type { BodyReader, Incoming } from './exchange.ts';

export const acceptedEncodings = 'gzip, deflate, br';

type Zlib = typeof zlibModule;

/** Every piece of a stream is passed on as it comes; whether a body is whole, the connection knows. */
const flushed = ({ constants: { Z_SYNC_FLUSH: each } }: Zlib) => ({ flush: each, finishFlush: each });
const flushedBrotli = ({ constants: { BROTLI_OPERATION_FLUSH: each } }: Zlib) => ({ flush: each, finishFlush: each });

const decoders: Readonly<Record<string, (zlib: Zlib) => Transform>> = {
  gzip: (zlib) => zlib.createGunzip(flushed(zlib)),
  'x-gzip': (zlib) => zlib.createGunzip(flushed(zlib)),
  deflate: (zlib) => zlib.createInflate(flushed(zlib)),
  br: (zlib) => zlib.createBrotliDecompress(flushedBrotli(zlib)),
};

/** The body as it was before it was compressed. One in a coding that nobody asked for comes as it is. */
export function decompressed(body: Incoming, headers: Headers): Incoming {
  const codings = headers.get('content-encoding')?.toLowerCase().split(',') ?? [];
  const steps = codings.map((coding) => coding.trim()).filter((coding) => coding !== 'identity');
  if (!steps.every((coding) => Object.hasOwn(decoders, coding))) return body;
  return steps.reduceRight((from, coding) => through(decoders[coding], from), body);
}

/** The same body after a step, which holds the sender back when its own reader is slow. */
function through(make: ((zlib: Zlib) => Transform) | undefined, body: Incoming): Incoming {
  if (!make) return body;
  const step = make(process.getBuiltinModule('node:zlib'));
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
