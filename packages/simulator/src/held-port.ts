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
    const far = createServer((socket) => void socket.on('error', () => undefined)).listen(0, host); // its end is a reset
    await once(far, 'listening');
    const near = connect({ port: (far.address() as AddressInfo).port, host, localPort: port, localAddress: host });
    const held = new HeldPort(far, near);
    try {
      await once(near, 'connect');
    } catch (error) {
      await held.release();
      throw error;
    }
    near.on('error', () => undefined); // whoever cuts it gives the port free, and ends no process
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
