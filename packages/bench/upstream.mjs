// A provider that costs next to nothing: raw sockets and answers made beforehand, so that what is measured is the client.
import { createServer } from 'node:net';

const chunks = 1_000;
const slowMs = 50;
const text = 'The tide comes in twice a day, and nobody has to ask it to. '.repeat(4);
const completion = {
  id: 'chatcmpl-B9MBs8CjcvOU2jLn4n570S5qMJKcT',
  object: 'chat.completion',
  created: 1_741_569_952,
  model: 'gpt-4o-2024-08-06',
  choices: [{ index: 0, message: { role: 'assistant', content: text, refusal: null }, logprobs: null, finish_reason: 'stop' }],
  usage: { prompt_tokens: 30, completion_tokens: 60, total_tokens: 90 },
};
const message = {
  id: 'msg_01XFDUDYJgAACzvnptvVoYEL',
  type: 'message',
  role: 'assistant',
  model: 'claude-sonnet-5-5',
  content: [{ type: 'text', text }],
  stop_reason: 'end_turn',
  stop_sequence: null,
  usage: { input_tokens: 30, output_tokens: 60 },
};
const chat = {
  model: 'mistral',
  created_at: '2026-11-22T10:00:00Z',
  message: { role: 'assistant', content: text },
  done: true,
  done_reason: 'stop',
  prompt_eval_count: 30,
  eval_count: 60,
};
const limits = ['requests', 'tokens'].flatMap((kind) => [
  `x-ratelimit-limit-${kind}: 10000`,
  `x-ratelimit-remaining-${kind}: 9999`,
  `x-ratelimit-reset-${kind}: 6ms`,
]);

function answerOf(status, type, fields, body) {
  const head = [
    `HTTP/1.1 ${status}`,
    `content-type: ${type}`,
    'date: Sun, 22 Nov 2026 10:00:00 GMT',
    'x-request-id: req_1',
    ...fields,
  ];
  return Buffer.from(`${head.join('\r\n')}\r\n\r\n${body}`);
}

function jsonAnswer(status, value) {
  const body = JSON.stringify(value);
  return answerOf(status, 'application/json', [`content-length: ${Buffer.byteLength(body)}`, ...limits], body);
}

const delta = (choices, more = {}) =>
  `data: ${JSON.stringify({ id: completion.id, object: 'chat.completion.chunk', created: completion.created, model: completion.model, choices, ...more })}\n\n`;
const choice = (said, finish_reason = null) => [{ index: 0, delta: said, logprobs: null, finish_reason }];
const events = [
  delta(choice({ role: 'assistant', content: '' })),
  ...Array.from({ length: chunks }, (_, n) => delta(choice({ content: ` word${n % 10}` }))),
  delta(choice({}, 'stop')),
  delta([], { usage: completion.usage }),
  'data: [DONE]\n\n',
];
const transfer = (piece) => `${Buffer.byteLength(piece).toString(16)}\r\n${piece}\r\n`;
const streamHead = answerOf('200 OK', 'text/event-stream', ['transfer-encoding: chunked', ...limits], '');
const burst = Buffer.concat([streamHead, Buffer.from(`${transfer(events.join(''))}0\r\n\r\n`)]);
const pieces = [...events.map(transfer), '0\r\n\r\n'].map((piece) => Buffer.from(piece));

const whole = {
  '/openai/v1/chat/completions': jsonAnswer('200 OK', { ...completion, model: 'llama-3.3-70b-versatile' }),
  '/v1/messages': jsonAnswer('200 OK', message),
  '/api/chat': jsonAnswer('200 OK', chat),
};
const unauthorized = jsonAnswer('401 Unauthorized', {
  error: { message: 'Incorrect API key provided', code: 'invalid_api_key' },
});
const anyCompletion = jsonAnswer('200 OK', completion);
const finalMessage = { ...completion.choices[0].message, content: JSON.stringify({ thought: 'I have it.', finalAnswer: text }) };
const finalAnswer = jsonAnswer('200 OK', { ...completion, choices: [{ ...completion.choices[0], message: finalMessage }] });

/** One write for each piece, so that each is a read of its own at the other end. */
function pace(socket, next = 0) {
  if (socket.destroyed || next === pieces.length) return;
  socket.write(pieces[next]);
  setImmediate(pace, socket, next + 1);
}

function answer(socket, request) {
  const path = request.slice(request.indexOf(' ') + 1, request.indexOf(' HTTP/1.1'));
  const plain = path.includes('/final-answer/') ? finalAnswer : (whole[path] ?? anyCompletion);
  if (path.startsWith('/broken')) socket.write(unauthorized);
  else if (path.startsWith('/slow')) setTimeout(() => socket.write(plain), slowMs);
  else if (!request.includes('"stream":true')) socket.write(plain);
  else if (request.includes('"paced"')) socket.write(streamHead, () => pace(socket));
  else socket.write(burst);
}

const server = createServer((socket) => {
  let received = '';
  socket.setNoDelay(true);
  socket.on('error', () => socket.destroy()); // a client that left
  socket.on('data', (bytes) => {
    received += bytes.latin1Slice(0, bytes.length);
    for (let end = received.indexOf('\r\n\r\n'); end !== -1; end = received.indexOf('\r\n\r\n')) {
      const [, length = '0'] = /content-length: (\d+)/i.exec(received.slice(0, end)) ?? [];
      const size = end + 4 + Number(length);
      if (received.length < size) return;
      answer(socket, received.slice(0, size));
      received = received.slice(size);
    }
  });
});
server.listen(0, '127.0.0.1', () => process.send?.(server.address().port));

process.on('disconnect', () => process.exit()); // nobody is left to ask
