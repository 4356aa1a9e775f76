import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';

/**
 * A port on which nobody listens, and which the system gives to nobody who asks for any: a connection that goes out from it keeps it.
 * Whoever connects to it is refused.
 */
export class HeldPort {
  readonly #far: Server;
  readonly #near: Socket;

  private constructor(far: Server, near: Socket) {
    this.#far = far;
    this.#near = near;
  }

  /** @throws {Error} when somebody has the port. */
  static async hold(port: number, host: string): Promise<HeldPort> {
    const far = createServer((socket) => void socket.on('error', () => undefined).unref()).listen(0, host); // its end is a reset
    await once(far, 'listening');
    const near = connect({ port: (far.address() as AddressInfo).port, host, localPort: port, localAddress: host });
    const held = new HeldPort(far.unref(), near.unref());
    await once(near, 'connect').catch(async (error: unknown) => {
      await held.release();
      throw error;
    });
    return held;
  }

  /** A reset, as an orderly end would keep the port for a minute. */
  async release(): Promise<void> {
    const closed = once(this.#far, 'close');
    this.#far.close();
    this.#near.resetAndDestroy();
    await closed;
  }
}
