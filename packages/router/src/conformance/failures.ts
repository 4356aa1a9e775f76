/** Every way a provider fails, and what the adapter must make of it. */
import assert from 'node:assert/strict';
import type { ModelError, ModelErrorCode } from '../errors.ts';
import { ask, type Bench, recorder } from './bench.ts';
import type { AdapterCase, BackendFault } from './contract.ts';

const statuses: readonly (readonly [number, ModelErrorCode])[] = [
  [400, 'invalid_request'],
  [401, 'auth'],
  [403, 'auth'],
  [404, 'not_found'],
  [429, 'rate_limited'],
  [500, 'overloaded'],
  [502, 'overloaded'],
  [503, 'overloaded'],
  [529, 'overloaded'],
];

export function failureCases(bench: Bench): readonly AdapterCase[] {
  return [
    ...statuses.map(([status, code]) => statusCase(bench, status, code)),
    ...(bench.has('retry_after') ? [retryAfterCase(bench)] : []),
    ...rejectionCases(bench),
    ...connectionCases(bench),
    ...brokenAnswerCases(bench),
    ...(bench.has('in_band_error') ? [inBandCase(bench)] : []),
  ];
}

/** Asks once whole and once in a stream, under the same fault. */
async function bothWays(bench: Bench, fault: BackendFault): Promise<readonly ModelError[]> {
  const failures: ModelError[] = [];
  for (const onDelta of [undefined, () => {}]) {
    bench.backend.reset();
    bench.fault(fault);
    failures.push(await bench.failure(bench.model()(ask('Go.', { onDelta }))));
    bench.assertRequests(1);
  }
  return failures;
}

function statusCase(bench: Bench, status: number, code: ModelErrorCode): AdapterCase {
  return bench.withBackend(`calls HTTP ${status} ${code}, after one request`, async () => {
    for (const failure of await bothWays(bench, { kind: 'status', status, message: 'MARK-REASON' })) {
      assert.equal(failure.code, code);
      assert.equal(failure.status, status);
      assert.match(failure.reason ?? '', /MARK-REASON/);
      assert.equal(failure.committed, false);
      assert.equal(failure.possiblyBilled, false);
      assert.ok(failure.cause, 'what was thrown is lost');
    }
  });
}

function retryAfterCase(bench: Bench): AdapterCase {
  const wait = async (headers: Record<string, string>): Promise<number | undefined> => {
    bench.fault({ kind: 'status', status: 429, headers });
    return (await bench.failure(bench.model()(ask('Go.')))).retryAfterMs;
  };
  return bench.withBackend('tells how long it was asked to wait, in each form there is', async () => {
    const inHalfAMinute = new Date(Date.now() + 30_000).toUTCString();

    const seconds = await wait({ 'retry-after': '7' });
    const milliseconds = await wait({ 'retry-after-ms': '1500', 'retry-after': '2' });
    const date = (await wait({ 'retry-after': inHalfAMinute })) ?? 0;
    const past = await wait({ 'retry-after': new Date(Date.now() - 60_000).toUTCString() });
    const negative = await wait({ 'retry-after': '-5' });

    assert.equal(seconds, 7_000);
    assert.equal(milliseconds, 1_500);
    assert.ok(date > 20_000 && date <= 30_000, `a date half a minute ahead became ${date} ms`);
    assert.equal(past, undefined);
    assert.equal(negative, undefined);
  });
}

function rejectionCases(bench: Bench): readonly AdapterCase[] {
  const rejection = (kind: 'context_length' | 'content_filter' | 'quota', code: ModelErrorCode): AdapterCase =>
    bench.withBackend(`recognises the rejection ${code}`, async () => {
      for (const failure of await bothWays(bench, { kind })) {
        assert.equal(failure.code, code);
        assert.equal(failure.possiblyBilled, false);
      }
    });
  return [
    rejection('context_length', 'context_too_long'),
    ...(bench.has('content_filter') ? [rejection('content_filter', 'content_filtered')] : []),
    ...(bench.has('quota') ? [rejection('quota', 'quota_exceeded')] : []),
  ];
}

function connectionCases(bench: Bench): readonly AdapterCase[] {
  const { provider, backend, backendProvider = provider } = bench.adapter;
  const reset = bench.withBackend('calls a connection that is reset network, after one request', async () => {
    for (const failure of await bothWays(bench, { kind: 'reset' })) {
      assert.equal(failure.code, 'network');
      bench.assertBilled(failure);
    }
  });
  if (!backend?.takeDown || !backend.bringUp) return [reset];
  const refused = bench.withBackend('calls a connection that is refused network, for which nobody is charged', async () => {
    await backend.takeDown?.(backendProvider);
    try {
      let failure = await bench.failure(bench.model()(ask('Go.')));
      // A client may still hold idle connections that it has not seen closing: each of those is a reset first.
      for (let more = 20; more > 0 && !isRefused(failure); more--) failure = await bench.failure(bench.model()(ask('Go.')));

      assert.equal(failure.code, 'network');
      assert.equal(failure.possiblyBilled, false);
      assert.ok(isRefused(failure), failure.reason);
    } finally {
      await backend.bringUp?.(backendProvider);
    }
  });
  return [reset, refused];
}

function brokenAnswerCases(bench: Bench): readonly AdapterCase[] {
  const broken = (title: string, code: ModelErrorCode, fault: BackendFault): AdapterCase =>
    bench.withBackend(title, async () => {
      for (const failure of await bothWays(bench, fault)) {
        assert.equal(failure.code, code);
        bench.assertBilled(failure);
      }
    });
  return [
    broken('calls broken JSON malformed_answer, and perhaps paid for', 'malformed_answer', { kind: 'malformed' }),
    broken('calls a page of HTML malformed_answer', 'malformed_answer', { kind: 'not_json' }),
    broken('calls an answer of nothing empty_answer', 'empty_answer', { kind: 'empty_answer' }),
    broken('calls an answer that breaks off stream_cut', 'stream_cut', { kind: 'cut' }),
    bench.withBackend('goes by the status of a page of HTML that has one', async () => {
      for (const failure of await bothWays(bench, { kind: 'not_json', status: 502 })) {
        assert.equal(failure.code, 'overloaded');
        assert.equal(failure.status, 502);
        assert.ok(!failure.message.includes('<'), 'the page is in the message');
      }
    }),
    ...(['cut', 'malformed'] as const).map((kind) =>
      bench.withBackend(`knows what had arrived when a stream is ${kind}`, async () => {
        bench.fault({ kind, afterChunks: 2 });
        const { said, onDelta } = recorder();

        const failure = await bench.failure(bench.model()(ask('Go.', { onDelta })));

        assert.ok(said('text').length > 0, 'nothing had arrived');
        assert.equal(failure.committed, true);
        assert.equal(failure.partialText, said('text'));
        assert.equal(failure.retryable, false);
      }),
    ),
    bench.withBackend('never takes a stream without its end for a shorter answer', async () => {
      const text = 'One, two, three, four, five, six, seven.';
      bench.answer({ text, chunks: 6 });
      bench.fault({ kind: 'no_terminator' });

      const outcome = await bench.inTime(
        'the call',
        bench
          .model()(ask('Go.', { onDelta() {} }))
          .then(
            (response) => response.text,
            (error: ModelError) => error.code,
          ),
      );

      assert.ok(outcome === text || outcome === 'stream_cut', `it became "${outcome}"`);
    }),
  ];
}

function inBandCase(bench: Bench): AdapterCase {
  return bench.withBackend('reads an error that comes within a stream', async () => {
    bench.fault({ kind: 'in_band_error', afterChunks: 0, message: 'MARK-EARLY' });
    const early = await bench.failure(bench.model()(ask('Go.', { onDelta() {} })));
    bench.fault({ kind: 'in_band_error', afterChunks: 2, message: 'MARK-LATE' });
    const late = await bench.failure(bench.model()(ask('Go.', { onDelta() {} })));

    assert.equal(early.committed, false);
    assert.equal(early.code, 'overloaded');
    assert.match(early.reason ?? '', /MARK-EARLY/);
    assert.equal(late.committed, true);
    assert.equal(late.code, 'overloaded');
    assert.match(late.reason ?? '', /MARK-LATE/);
    bench.assertRequests(2);
  });
}

function isRefused({ reason = '' }: ModelError): boolean {
  return reason.includes('ECONNREFUSED');
}
