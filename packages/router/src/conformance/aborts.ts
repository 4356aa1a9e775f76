/** Ways for the caller to end a call, and what must be left of it: nothing. */
import assert from 'node:assert/strict';
import { getEventListeners } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { ModelError } from '../errors.ts';
import { ask, type Bench, recorder } from './bench.ts';
import type { AdapterCase } from './contract.ts';

export function abortCases(bench: Bench): readonly AdapterCase[] {
  return [...signalCases(bench), ...streamCases(bench)];
}

function signalCases(bench: Bench): readonly AdapterCase[] {
  return [
    bench.withBackend('does not start when it is already aborted', async () => {
      const signal = AbortSignal.abort(new Error('too late'));

      const failure = await bench.failure(bench.model()(ask('Go.', { signal })));

      assert.equal(failure.code, 'aborted');
      assert.equal(failure.cause, signal.reason);
      assert.equal(failure.possiblyBilled, false);
      bench.assertRequests(0);
    }),
    ...[false, true].map((stream) =>
      bench.withBackend(
        `leaves at once when aborted before the ${stream ? 'stream begins' : 'answer'}, and hangs up`,
        async () => {
          bench.fault({ kind: 'silence' });
          const caller = new AbortController();

          const answer = bench.failure(
            bench.model()(ask('Go.', { signal: caller.signal, onDelta: stream ? () => {} : undefined })),
          );
          await bench.until('the request', () => bench.backend.requests.length > 0);
          caller.abort(new Error('enough'));
          const failure = await answer;

          assert.equal(failure.code, 'aborted');
          assert.equal(failure.cause, caller.signal.reason);
          bench.assertBilled(failure);
          await bench.until('hanging up', () => bench.backend.requests[0]?.closedByClient === true);
          bench.assertRequests(1);
        },
      ),
    ),
    bench.withBackend('fails with the error that a policy aborts it with', async () => {
      bench.fault({ kind: 'silence' });
      const policy = new AbortController();

      const answer = bench.failure(bench.model()(ask('Go.', { signal: policy.signal })));
      await bench.until('the request', () => bench.backend.requests.length > 0);
      policy.abort(new ModelError('first_token_timeout', { model: 'any/model', reason: 'nothing within 1 s' }));
      const failure = await answer;

      assert.equal(failure.code, 'first_token_timeout');
      assert.equal(failure.reason, 'nothing within 1 s');
      bench.assertBilled(failure);
    }),
    bench.withBackend("leaves no listener on the caller's signal", async () => {
      const { signal } = new AbortController();

      await bench.model()(ask('Go.', { signal }));
      await bench.model()(ask('Go.', { signal, onDelta() {} }));
      bench.fault({ kind: 'status', status: 500 });
      await bench.failure(bench.model()(ask('Go.', { signal })));

      assert.equal(getEventListeners(signal, 'abort').length, 0);
    }),
  ];
}

function streamCases(bench: Bench): readonly AdapterCase[] {
  return [
    bench.withBackend('stops in the middle of a stream, and nothing arrives late', async () => {
      bench.fault({ kind: 'stall', afterChunks: 2 });
      const caller = new AbortController();
      const { deltas, said, onDelta } = recorder();

      const answer = bench.failure(bench.model()(ask('Go.', { signal: caller.signal, onDelta })));
      await bench.until('the first piece', () => deltas.length > 0);
      caller.abort();
      const failure = await answer;
      const heard = deltas.length;
      await bench.until('hanging up', () => bench.backend.requests[0]?.closedByClient === true);
      await sleep(20);

      assert.equal(failure.code, 'aborted');
      assert.equal(failure.committed, true);
      assert.equal(failure.partialText, said('text'));
      assert.equal(deltas.length, heard);
    }),
    bench.withBackend('does not wait for a reader who is stuck', async () => {
      const caller = new AbortController();
      let pieces = 0;

      const answer = bench.failure(
        bench.model()(ask('Go.', { signal: caller.signal, onDelta: () => (pieces++, new Promise<void>(() => {})) })),
      );
      await bench.until('the first piece', () => pieces > 0);
      caller.abort();
      const failure = await answer;

      assert.equal(failure.code, 'aborted');
      assert.equal(pieces, 1);
    }),
    bench.withBackend('rethrows what the reader throws as it is, and hangs up', async () => {
      bench.fault({ kind: 'stall', afterChunks: 2 });
      const mishap = new Error('the reader is full');
      const onDelta = (): never => {
        throw mishap;
      };

      const thrown = await bench.inTime(
        'the call',
        bench
          .model()(ask('Go.', { onDelta }))
          .catch((error: unknown) => error),
      );

      assert.equal(thrown, mishap);
      await bench.until('hanging up', () => bench.backend.requests[0]?.closedByClient === true);
      bench.assertRequests(1);
    }),
    bench.withBackend('rethrows what the reader rejects with as it is', async () => {
      const thrown = await bench
        .inTime('the call', bench.model()(ask('Go.', { onDelta: () => Promise.reject('a reason that is no error') })))
        .catch((error: unknown) => error);

      assert.equal(thrown, 'a reason that is no error');
    }),
  ];
}
