/** Requests that come in a provider's own words, and go on as they are: `request.wire`. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ModelRequest } from '@rolecall/core';
import type { Bench } from './bench.ts';
import type { AdapterCase, RelayedQuestion } from './contract.ts';

const script = 'The tide comes in twice a day, and nobody has to ask it to.';

export function relayCases(bench: Bench): readonly AdapterCase[] {
  return (bench.adapter.wires ?? []).flatMap((question) => [...answers(bench, question), ...ends(bench, question)]);
}

/** Keeps the bytes that are relayed. */
function tape() {
  const pieces: Buffer[] = [];
  return {
    pieces,
    onBytes: (bytes: Uint8Array): void => void pieces.push(Buffer.from(bytes)),
    text: (): string => Buffer.concat(pieces).toString(),
  };
}

function ask({ api, body }: RelayedQuestion, onBytes?: (bytes: Uint8Array) => void | Promise<void>): ModelRequest {
  return { messages: [], wire: { api, body: onBytes ? { ...body, stream: true } : body, onBytes } };
}

function answers(bench: Bench, question: RelayedQuestion): readonly AdapterCase[] {
  const { api } = question;
  return [
    bench.withBackend(`relays ${api}: sends the body as it is, save for the model, and gives the answer as it came`, async () => {
      const body = { ...question.body, model: 'MARK-OTHER-MODEL', metadata: { mark: 'MARK-UNKNOWN' } };

      const response = await bench.model()(ask({ api, body }));

      assert.ok(bench.lastBody().includes('MARK-UNKNOWN'), 'a field of the body is missing');
      assert.ok(!bench.lastBody().includes('MARK-OTHER-MODEL'), 'the model of the body was asked');
      const raw = response.metadata?.raw;
      assert.ok(typeof raw === 'string', 'the answer as it came, as text, is missing');
      assert.ok(JSON.stringify(JSON.parse(raw)).includes(JSON.stringify(response.text).slice(1, -1)), 'text and answer differ');
      assert.ok((response.usage.inputTokens ?? 0) > 0, 'no input tokens');
    }),
    bench.withBackend(`relays ${api}: passes a stream on as it comes, and reads it on its way`, async () => {
      bench.answer({ text: script, chunks: 5 });
      const { pieces, text, onBytes } = tape();

      const response = await bench.model()(ask(question, onBytes));

      assert.equal(response.text, script);
      assert.equal(response.finishReason, 'stop');
      assert.ok((response.usage.outputTokens ?? 1) > 0);
      assert.ok(pieces.length > 0, 'no bytes came');
      assert.match(text(), /data: ?\{/);
      assert.ok(text().endsWith('\n\n'), 'the last event is not whole');
    }),
    bench.withBackend(`relays ${api}: lets a slow reader hold the answer back`, async () => {
      bench.answer({ text: script.repeat(40), chunks: 400 });
      const gate = new AbortController();
      const opened = once(gate.signal, 'abort');
      const { pieces, onBytes } = tape();

      const slow = async (bytes: Uint8Array): Promise<void> => {
        onBytes(bytes);
        if (pieces.length === 1) await opened;
      };
      const response = bench.model()(ask(question, slow));
      await bench.until('the first bytes', () => pieces.length > 0);
      await sleep(50);
      const whileShut = pieces.length;
      gate.abort();
      const { text } = await bench.inTime('the rest', response);

      assert.equal(whileShut, 1, 'the reader was not waited for');
      assert.equal(text, script.repeat(40));
    }),
    bench.withBackend(`relays ${api}: rethrows what the reader throws as it is, and hangs up`, async () => {
      bench.fault({ kind: 'stall', afterChunks: 2 });
      const mishap = new Error('the reader is full');
      const onBytes = (): never => {
        throw mishap;
      };

      const thrown = await bench.inTime(
        'the call',
        bench
          .model()(ask(question, onBytes))
          .catch((error: unknown) => error),
      );

      assert.equal(thrown, mishap);
      await bench.until('hanging up', () => bench.backend.requests[0]?.closedByClient === true);
    }),
  ];
}

function ends(bench: Bench, question: RelayedQuestion): readonly AdapterCase[] {
  const { api } = question;
  return [
    bench.withBackend(`relays ${api}: passes nothing on before the answer says something`, async () => {
      for (const kind of ['in_band_error', 'stall'] as const) {
        bench.fault({ kind, afterChunks: 0 });
        const { pieces, onBytes } = tape();
        const caller = new AbortController();

        const answer = bench.failure(bench.model()({ ...ask(question, onBytes), signal: caller.signal }));
        await bench.until('the request', () => bench.backend.requests.length > 0);
        if (kind === 'stall') setTimeout(() => caller.abort(), 50);
        const failure = await answer;

        assert.equal(failure.committed, false);
        assert.equal(pieces.length, 0, 'bytes were passed on that commit to nothing');
        bench.backend.reset();
      }
    }),
    ...(['cut', 'in_band_error', 'malformed'] as const).map((kind) =>
      bench.withBackend(`relays ${api}: never makes a stream that is ${kind} look like one that ended`, async () => {
        bench.fault({ kind, afterChunks: 2 });
        const { text, onBytes } = tape();

        const failure = await bench.failure(bench.model()(ask(question, onBytes)));

        assert.equal(failure.committed, true);
        assert.ok((failure.partialText ?? '').length > 0, 'what had arrived is forgotten');
        assert.ok(text().endsWith('\n\n'), 'an event was passed on that was not whole');
        assert.ok(
          !/\[DONE\]|message_stop|response\.completed|"error": ?\{|"type": ?"error"/.test(text()),
          'the end, or the error, was passed on',
        );
      }),
    ),
    bench.withBackend(`relays ${api}: stops at an abort, and nothing arrives late`, async () => {
      bench.fault({ kind: 'stall', afterChunks: 2 });
      const caller = new AbortController();
      const { pieces, onBytes } = tape();

      const answer = bench.failure(bench.model()({ ...ask(question, onBytes), signal: caller.signal }));
      await bench.until('the first bytes', () => pieces.length > 0);
      caller.abort();
      const failure = await answer;
      const heard = pieces.length;
      await bench.until('hanging up', () => bench.backend.requests[0]?.closedByClient === true);
      await sleep(20);

      assert.equal(failure.code, 'aborted');
      assert.equal(pieces.length, heard);
    }),
  ];
}
