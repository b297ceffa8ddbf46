import { type HocuspocusProvider, WebSocketStatus } from "@hocuspocus/provider";
import { Awareness } from "y-protocols/awareness";
import * as Y from "yjs";
import { createStore } from "zustand";
import type { RoomConnection } from "../connection";
import { asideName, localName, readUnsent, type Unsent, writeUnsent } from "./local";
import { LocalCopy, storeCopy } from "./local_copy";
import { AdmittedProvider } from "./provider";
import { Unsaved } from "./unsaved";
import { wireOf } from "./wire";

export interface LiveState {
  /** Whether there is something to show: from the server, or kept on this device. */
  isThere: boolean;
  /** Whether the server has answered since the page was opened. */
  isSynced: boolean;
  mayWrite: boolean;
  /** Why the server does not take this copy any more; null while it does. */
  refused: string | null;
  /** Whether the server cannot keep anything at the moment. */
  isStorageDown: boolean;
  /** Whether the document is not, or no longer, for this person. */
  isDenied: boolean;
  /** The epoch in which the document lives now, if it is another one. */
  movedTo: number | null;
  /** Null before anything can be said. */
  unsaved: boolean | null;
  since: number | null;
  /** Whether this device keeps what is written, until the server has it. */
  isKept: boolean;
}

const OPENING: LiveState = {
  isThere: false,
  isSynced: false,
  mayWrite: false,
  refused: null,
  isStorageDown: false,
  isDenied: false,
  movedTo: null,
  unsaved: null,
  since: null,
  isKept: false,
};

/** How long to wait before a document is asked for that the server could not read. */
const AGAIN_MS = 3_000;

interface Stateless {
  type: "refused" | "storage";
  code?: string;
  available?: boolean;
}

/**
 * One open document: the Yjs document, its copy on this device, and its line to the server.
 *
 * `saved` is said only when the server has confirmed every change, the copies are in step and the
 * line is open.
 */
export class LiveDocument {
  readonly doc = new Y.Doc();
  readonly awareness = new Awareness(this.doc);
  readonly state = createStore<LiveState>()(() => OPENING);
  readonly #connection: RoomConnection;
  readonly #address: string;
  readonly #localName: string;
  readonly #unsaved = new Unsaved();
  readonly #copy: LocalCopy;
  #provider: HocuspocusProvider | null = null;
  #unsent: Unsent | null = null;
  #isClosed = false;
  #asking: ReturnType<typeof setTimeout> | undefined;
  readonly #beforeMessage = new Set<() => void>();

  constructor(connection: RoomConnection, memberId: string, documentId: string, epoch: number) {
    this.#connection = connection;
    this.#address = `${documentId}.${epoch}`;
    this.#localName = localName(memberId, documentId, epoch);
    this.#copy = new LocalCopy(this.#localName, this.doc, {
      isNeeded: () => this.#unsaved.since !== null,
      onKept: this.#kept,
    });
    window.addEventListener("beforeunload", this.#beforeUnload);
    void this.#open();
  }

  /** Close it; what is not sent yet stays on this device. */
  close(): void {
    this.#isClosed = true;
    clearTimeout(this.#asking);
    window.removeEventListener("beforeunload", this.#beforeUnload);
    this.#provider?.destroy();
    this.awareness.destroy();
    this.doc.destroy();
  }

  /** Have something done before each message of the server takes effect; returns how to end that. */
  beforeMessage(prepare: () => void): () => void {
    this.#beforeMessage.add(prepare);
    return () => this.#beforeMessage.delete(prepare);
  }

  /** Throw this device's copy away, and close; what the server has not confirmed is set aside. */
  async discard(): Promise<void> {
    if (this.#unsent) {
      const name = asideName(this.#localName);
      await storeCopy(name, this.doc);
      writeUnsent(name, this.#unsent);
    }
    await this.#copy.clear();
    writeUnsent(this.#localName, null);
    this.close();
  }

  async #open(): Promise<void> {
    await this.#copy.open();
    if (this.#isClosed) return;
    if (this.#unsent) this.#unsaved.changed(this.#unsent.since);
    this.state.setState({ isThere: this.doc.store.clients.size > 0 });
    const provider = new AdmittedProvider({
      websocketProvider: wireOf(this.#connection),
      name: this.#address,
      document: this.doc,
      awareness: this.awareness,
      token: "",
    });
    this.#provider = provider;
    // After the provider's own: a change that it has not counted yet would pass for confirmed.
    this.doc.on("update", this.#changed);
    this.#copy.follow();
    provider.on("message", () => {
      for (const prepare of this.#beforeMessage) prepare();
    });
    provider.on("open", () => {
      clearTimeout(this.#asking);
      this.#unsaved.connected();
    });
    for (const event of ["unsyncedChanges", "synced", "status"]) provider.on(event, this.#look);
    provider.on("authenticated", ({ scope }: { scope: string }) =>
      this.state.setState({
        mayWrite: scope === "read-write",
        isDenied: false,
        isStorageDown: false,
      }),
    );
    provider.on("authenticationFailed", ({ reason }: { reason: string }) => this.#denied(reason));
    provider.on("close", ({ event }: { event: { code: number; reason: string } }) => {
      clearTimeout(this.#asking); // on a new line the provider asks by itself
      // The room's socket has other codes; this is the document alone.
      if (event.code === 1000) this.#denied(event.reason);
      this.#look();
    });
    provider.on("tooLarge", () => this.#told({ type: "refused", code: "too-large" }));
    provider.on("stateless", ({ payload }: { payload: string }) =>
      this.#told(JSON.parse(payload) as Stateless),
    );
    provider.attach();
  }

  /** Take note of whether this device keeps all that is written here. */
  readonly #kept = (isKept: boolean): void => {
    if (this.#isClosed) return;
    this.state.setState({ isKept });
    if (!isKept) return;
    const noted = readUnsent(this.#localName);
    if (noted) {
      const { since = noted.since, clients = {} } = this.#unsent ?? {};
      this.#unsent = {
        since: Math.min(since, noted.since),
        clients: { ...clients, ...noted.clients },
      };
    }
    if (this.#unsent) writeUnsent(this.#localName, this.#unsent);
    this.#look();
  };

  readonly #changed = (
    _update: Uint8Array,
    origin: unknown,
    doc: Y.Doc,
    { beforeState }: Y.Transaction,
  ): void => {
    if (origin === this.#provider || this.#copy.isOrigin(origin)) return;
    this.#unsaved.changed(Date.now());
    this.#note(doc.clientID, beforeState.get(doc.clientID) ?? 0);
    this.#look();
  };

  /** Note, on this device if it keeps them, from where on this page's changes are not confirmed. */
  #note(client: number, from: number): void {
    if (this.#unsent?.clients[client] !== undefined) return;
    const { since = Date.now(), clients = {} } = this.#unsent ?? {};
    this.#unsent = { since, clients: { ...clients, [client]: from } };
    if (this.state.getState().isKept) writeUnsent(this.#localName, this.#unsent);
  }

  readonly #look = (): void => {
    const provider = this.#provider;
    if (!provider) return;
    const isOpen = wireOf(this.#connection).status === WebSocketStatus.Connected;
    const settled = provider.unsyncedChanges === 0 && provider.isSynced && isOpen;
    this.#unsaved.confirmed(provider.unsyncedChanges, settled);
    if (settled && this.#unsent) {
      this.#unsent = null;
      // What a copy holds that could not be opened is not confirmed by this.
      if (this.state.getState().isKept) writeUnsent(this.#localName, null);
    }
    const { since } = this.#unsaved;
    this.state.setState((before) => {
      const isSynced = before.isSynced || provider.isSynced;
      return {
        isSynced,
        isThere: before.isThere || isSynced,
        unsaved: isSynced || since !== null ? !settled : null,
        since,
      };
    });
  };

  #denied(reason: string): void {
    const epoch = /^epoch:(\d+)$/.exec(reason)?.[1];
    if (epoch) this.state.setState({ movedTo: Number(epoch), mayWrite: false });
    else if (reason === "unavailable") this.#askAgain();
    else this.state.setState({ isDenied: true, mayWrite: false });
  }

  /** Ask for the document again in a while: the server cannot read it at the moment. */
  #askAgain(): void {
    this.state.setState({ isStorageDown: true });
    clearTimeout(this.#asking);
    this.#asking = setTimeout(() => {
      const provider = this.#provider;
      // As the provider does on a new line, which would have ended this wait.
      void provider?.sendToken().then(() => provider.startSync());
    }, AGAIN_MS);
  }

  #told(message: Stateless): void {
    if (message.type === "refused") {
      this.state.setState({ refused: message.code ?? "refused", mayWrite: false });
    } else if (message.type === "storage") {
      this.state.setState({ isStorageDown: message.available === false });
    }
  }

  readonly #beforeUnload = (event: BeforeUnloadEvent): void => {
    const { since, isKept } = this.state.getState();
    if (since !== null && !isKept) event.preventDefault();
  };
}
