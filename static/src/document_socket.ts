/** The room's connection, as the documents' provider needs it. */
export interface Wire {
  attach(socket: DocumentSocket): void;
  send(data: ArrayBuffer | Uint8Array<ArrayBuffer>): void;
  close(socket: DocumentSocket): void;
}

/**
 * What the documents' provider takes for its WebSocket: the binary half of the room's.
 *
 * It opens when the room's socket is open and closes with it, once; the provider then makes
 * another one. Text frames never come through: they would break the provider.
 */
export class DocumentSocket extends EventTarget {
  /** Set by the provider, as on a WebSocket. */
  binaryType: BinaryType = "arraybuffer";
  readonly #wire: Wire;
  #state: number = WebSocket.CONNECTING;

  constructor(wire: Wire) {
    super();
    this.#wire = wire;
    // After the caller has added its listeners.
    queueMicrotask(() => {
      if (this.#state === WebSocket.CONNECTING) wire.attach(this);
    });
  }

  get readyState(): number {
    return this.#state;
  }

  get isOpen(): boolean {
    return this.#state === WebSocket.OPEN;
  }

  send(data: ArrayBuffer | Uint8Array<ArrayBuffer>): void {
    if (this.isOpen) this.#wire.send(data);
  }

  close(): void {
    if (this.#state === WebSocket.CLOSED) return;
    this.#wire.close(this);
    this.closed();
  }

  /** Take note that the room's socket is open, and that the server asks for what is queued. */
  opened(): void {
    if (this.#state !== WebSocket.CONNECTING) return;
    this.#state = WebSocket.OPEN;
    this.dispatchEvent(new Event("open"));
  }

  /** Take note that the room's socket is gone; one that was never open goes on waiting. */
  closed(): void {
    if (!this.isOpen) return;
    this.#state = WebSocket.CLOSED;
    this.dispatchEvent(new CloseEvent("close", { code: 1006 }));
  }

  /** Pass a binary frame on. */
  received(data: ArrayBuffer): void {
    if (this.isOpen) this.dispatchEvent(new MessageEvent("message", { data }));
  }
}
