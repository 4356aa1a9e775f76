/** Reading the body of a response. */

/**
 * Hands on the pieces of a body as they come, and waits for whoever takes them. If that fails the body is cancelled; a body that breaks
 * off fails with the error that `fetch` throws.
 */
export async function readBody(response: Response, take: (bytes: Uint8Array) => void | Promise<void>): Promise<void> {
  if (!response.body) return;
  const reader: ReadableStreamDefaultReader<Uint8Array> = response.body.getReader();
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      const taking = take(value);
      if (taking) await taking; // most pieces need no waiting for, and each would cost a turn
    }
  } catch (error) {
    reader.cancel(error).catch(() => {}); // one that broke off by itself says the same again
    throw error;
  }
}
