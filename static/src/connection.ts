import { create } from "zustand";
import { DocumentSocket } from "./document_socket";
import type { Ask, CommandType, Push, ReadType, Reply, Welcome, WriteType } from "./frames";
import { Refused } from "./refused";

const SUBPROTOCOL = "twinspace.v1";
/** Commands count from one. */
const HELLO_ID = 0;
/** The server sends something every 20 s; twice that in silence means that the line is dead. */
const SILENCE_MS = 45_000;
const CHECK_MS = 5_000;
const FIRST_DELAY_MS = 500;
const LONGEST_DELAY_MS = 20_000;
/** A restarting server is not stormed by everyone in the same second, if it does not say when. */
const RESTART_SPREAD_MS = 3_000;
const RESTART_LONGEST_MS = 30_000;

/** Why the connection will not come back by itself. */
export type StopReason = "signed_out" | "forbidden" | "removed" | "outdated" | "too_large";

export interface ConnectionState {
  /** `waiting`: the line is cut, and the next try is on its way. */
  status: "connecting" | "open" | "waiting" | "stopped";
  reason: StopReason | null;
}

export const useConnection = create<ConnectionState>()(() => ({
  status: "connecting",
  reason: null,
}));

const STOPPING: Record<number, StopReason> = {
  1009: "too_large",
  4400: "outdated",
  4401: "signed_out",
  4403: "forbidden",
  4410: "removed",
};
const RESTART = 1012;

/** Why a close code stops the connection; one this client does not know says that it is too old. */
function stopReason(code: number): StopReason | null {
  return STOPPING[code] ?? (code >= 4400 && code < 4500 ? "outdated" : null);
}

/** What the connection tells; it calls in the order in which the server spoke. */
export interface Listener {
  /** Everything anew (`resumed` false), or only who and what the room is. */
  welcome(welcome: Welcome): void;
  push(push: Push): void;
  /** The upgrade was refused: find out why, or return null to try again. */
  refused(): Promise<StopReason | null>;
}

/** A socket that the page opened before this script was here (early.js). */
interface Early {
  socket: WebSocket;
  /** The messages that came meanwhile, and the close, if it was closed. */
  heard: (MessageEvent<string | ArrayBuffer> | CloseEvent)[];
  hasSaidHello: boolean;
}

declare global {
  interface Window {
    twinspaceEarly?: Early | undefined;
  }
}

/** Return the early socket, once, if it leads to this address. */
function takeEarly(address: string): Early | undefined {
  const early = window.twinspaceEarly;
  window.twinspaceEarly = undefined;
  if (early?.socket.url === address) return early;
  early?.socket.close();
  return undefined;
}

interface Waiting {
  frame: { id: number; type: CommandType };
  resolve: (reply: never) => void;
  reject: (reason: Refused) => void;
}

/** Make a key that no other command has, so that one sent twice takes effect once. */
export function newNonce(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(15));
  return btoa(String.fromCharCode(...bytes))
    .replaceAll("+", "-")
    .replaceAll("/", "_");
}

/**
 * Write a command as JSON that every reader takes.
 *
 * Half of a surrogate pair, as a cut through an emoji leaves it, is no character; whoever reads it
 * may refuse the whole frame. (`toWellFormed` is too new for some of the browsers we build for.)
 */
function written(frame: object): string {
  return JSON.stringify(frame, (_, value: unknown) =>
    typeof value === "string" ? value.replace(/\p{Surrogate}/gu, "\ufffd") : value,
  );
}

/**
 * One room's WebSocket: commands and pushes as text, documents as binary frames.
 *
 * It comes back by itself, with growing and random delays, resumes where it was, and sends again
 * what has no answer yet; a nonce keeps a repeated write from taking effect twice. Close codes
 * 4400 to 4499 stop it for good, and so does 1009: what is too large would be sent again.
 */
export class RoomConnection {
  readonly roomId: string;
  /** The class to hand to the documents' provider as its WebSocket. */
  readonly DocumentSocket: new (
    url: string,
  ) => DocumentSocket;
  readonly #listener: Listener;
  readonly #address: string;
  #socket: WebSocket | null = null;
  #welcomed = false;
  #everOpened = false;
  #position: { epoch: number; seq: number } | null = null;
  #waiting = new Map<number, Waiting>();
  #lastId = 0;
  #tries = 0;
  #openedAt = 0;
  #heardAt = 0;
  #retry: ReturnType<typeof setTimeout> | undefined;
  #check: ReturnType<typeof setInterval> | undefined;
  #documents: DocumentSocket | null = null;
  #heldPing: ArrayBuffer | null = null;
  #atStop: (() => void)[] = [];
  #isStopped = false;

  constructor(roomId: string, listener: Listener, address?: string) {
    this.roomId = roomId;
    this.#listener = listener;
    const scheme = location.protocol === "https:" ? "wss" : "ws";
    this.#address = address ?? `${scheme}://${location.host}/ws/rooms/${roomId}`;
    const wire = {
      attach: (socket: DocumentSocket) => this.#attach(socket),
      send: (data: ArrayBuffer | Uint8Array<ArrayBuffer>) => this.#socket?.send(data),
      close: (socket: DocumentSocket) => this.#closeDocuments(socket),
    };
    this.DocumentSocket = class extends DocumentSocket {
      constructor() {
        super(wire);
      }
    };
  }

  /** Connect, and stay connected until {@link stop}. */
  start(): void {
    this.#isStopped = false;
    useConnection.setState({ status: "connecting", reason: null });
    window.addEventListener("online", this.#retryNow);
    window.addEventListener("offline", this.#cut);
    document.addEventListener("visibilitychange", this.#checkSilence);
    this.#check = setInterval(this.#checkSilence, CHECK_MS);
    this.#open();
  }

  /** Disconnect for good; whatever waits for an answer is refused. */
  stop(reason: StopReason | null = null): void {
    this.#isStopped = true;
    window.removeEventListener("online", this.#retryNow);
    window.removeEventListener("offline", this.#cut);
    document.removeEventListener("visibilitychange", this.#checkSilence);
    clearInterval(this.#check);
    clearTimeout(this.#retry);
    const socket = this.#socket;
    this.#forget();
    socket?.close();
    for (const { reject } of this.#waiting.values()) {
      reject(new Refused({ code: "away", message: "The room has been left." }));
    }
    this.#waiting.clear();
    useConnection.setState({ status: "stopped", reason });
    for (const end of this.#atStop.splice(0)) end();
  }

  /** Have something ended with the connection. */
  onStop(end: () => void): void {
    this.#atStop.push(end);
  }

  /**
   * Ask for something and wait for the answer, over as many connections as it takes.
   *
   * @throws {Refused} with the server's code
   */
  ask<Type extends ReadType>(type: Type, fields: Ask<Type>): Promise<Reply<Type>> {
    return this.#send(type, fields);
  }

  /**
   * Change something; sent again after a lost connection, it still takes effect once.
   *
   * @param nonce for whoever draws it before the answer is there; see {@link newNonce}
   * @throws {Refused} with the server's code
   */
  send<Type extends WriteType>(
    type: Type,
    fields: Ask<Type>,
    nonce = newNonce(),
  ): Promise<Reply<Type>> {
    return this.#send(type, { ...fields, nonce });
  }

  #send<Type extends CommandType>(type: Type, fields: object): Promise<Reply<Type>> {
    this.#lastId += 1;
    // The id comes first: the server finds it there even in a frame that it cannot read.
    const frame = { id: this.#lastId, type, ...fields };
    return new Promise((resolve, reject) => {
      if (this.#isStopped) {
        reject(new Refused({ code: "away", message: "The room has been left." }));
        return;
      }
      this.#waiting.set(frame.id, { frame, resolve, reject });
      if (this.#welcomed) this.#socket?.send(written(frame));
    });
  }

  #open(): void {
    clearTimeout(this.#retry);
    const early = takeEarly(this.#address);
    const socket = early?.socket ?? new WebSocket(this.#address, SUBPROTOCOL);
    socket.binaryType = "arraybuffer";
    this.#socket = socket;
    this.#welcomed = false;
    this.#everOpened = early?.hasSaidHello ?? false;
    this.#openedAt = Date.now();
    this.#heardAt = this.#openedAt;
    socket.onopen = () => {
      this.#everOpened = true;
      socket.send(JSON.stringify({ id: HELLO_ID, type: "room.hello", since: this.#position }));
    };
    socket.onmessage = ({ data }: MessageEvent<string | ArrayBuffer>) => {
      this.#heardAt = Date.now();
      if (typeof data === "string") this.#text(JSON.parse(data));
      else this.#binary(data);
    };
    socket.onclose = ({ code, reason }) => {
      // A late close of an old socket must not tear down the new one.
      if (this.#socket === socket) void this.#closed(code, reason);
    };
    for (const event of early?.heard ?? []) {
      if (this.#socket !== socket) break; // cut by what was heard
      if ("data" in event) socket.onmessage(event);
      else socket.onclose(event);
    }
  }

  #text(
    frame: Push | { id: number; ok?: unknown; error?: ConstructorParameters<typeof Refused>[0] },
  ) {
    if (!("type" in frame)) {
      // A hello that is refused (the database does not answer) would never be said again.
      if (frame.id === HELLO_ID && !this.#welcomed) this.#cut();
      const waiting = this.#waiting.get(frame.id);
      this.#waiting.delete(frame.id);
      if (frame.error) waiting?.reject(new Refused(frame.error));
      else waiting?.resolve(frame.ok as never);
    } else if (frame.type === "room.welcome") {
      this.#welcome(frame);
    } else {
      const seq = "seq" in frame ? (frame.seq ?? 0) : 0;
      if (seq > 0 && this.#position) {
        if (seq <= this.#position.seq) return; // heard before
        this.#position.seq = seq;
      }
      this.#listener.push(frame);
    }
  }

  #welcome(welcome: Welcome): void {
    if (!welcome.resumed) this.#position = { epoch: welcome.epoch, seq: welcome.seq };
    this.#tries = 0;
    useConnection.setState({ status: "open", reason: null });
    this.#listener.welcome(welcome);
    this.#welcomed = true; // only now: what the listener sends goes out below, once
    for (const { frame } of this.#waiting.values()) this.#socket?.send(written(frame));
  }

  #binary(data: ArrayBuffer): void {
    // The Ping (one byte) that begins a connection asks for the documents' queue; with it their
    // socket opens. A change made between the two would be counted and never acknowledged. The
    // Ping waits for the documents' provider, which may come later.
    if (data.byteLength === 1 && !this.#documents) this.#heldPing = data;
    else {
      if (data.byteLength === 1) this.#documents?.opened();
      this.#documents?.received(data);
    }
  }

  #attach(socket: DocumentSocket): void {
    this.#documents = socket;
    const ping = this.#heldPing;
    if (!ping || this.#socket?.readyState !== WebSocket.OPEN) return; // opens when that comes
    this.#heldPing = null;
    socket.opened();
    socket.received(ping);
  }

  #closeDocuments(socket: DocumentSocket): void {
    if (this.#documents !== socket) return;
    this.#documents = null;
    // The provider counts its acknowledgements from one open to the next, and the server counts
    // from connection to connection: one ends with the other.
    if (socket.isOpen) this.#cut();
  }

  readonly #cut = (): void => {
    const socket = this.#socket;
    if (!socket) return;
    socket.close();
    void this.#closed(0);
  };

  readonly #retryNow = (): void => {
    if (this.#socket === null && !this.#isStopped) this.#open();
  };

  readonly #checkSilence = (): void => {
    // Keep-alives come without a welcome too, and nothing is of use before it.
    const since = this.#welcomed ? this.#heardAt : this.#openedAt;
    if (this.#socket && Date.now() - since > SILENCE_MS) this.#cut();
  };

  #forget(): void {
    this.#socket = null;
    this.#welcomed = false;
    this.#heldPing = null;
    const documents = this.#documents;
    if (documents?.isOpen) this.#documents = null;
    documents?.closed();
  }

  async #closed(code: number, reason = ""): Promise<void> {
    const everOpened = this.#everOpened;
    this.#forget();
    const stopped = stopReason(code);
    if (stopped) {
      this.stop(stopped);
      return;
    }
    this.#tries += 1;
    useConnection.setState({ status: "waiting", reason: null });
    const spread = code === RESTART ? restartDelay(reason) : 0;
    const longest = Math.min(LONGEST_DELAY_MS, FIRST_DELAY_MS * 2 ** Math.min(this.#tries - 1, 10));
    this.#retry = setTimeout(() => this.#open(), spread + longest * (0.5 + Math.random() / 2));
    if (!everOpened && code !== 0) {
      const stop = await this.#listener.refused();
      if (stop && this.#socket === null && !this.#isStopped) this.stop(stop);
    }
  }
}

/** How long a server that restarts asks this one to stay away; a random while, if it does not. */
function restartDelay(reason: string): number {
  const told = /\bretry_after_ms=(\d{1,6})\b/.exec(reason)?.[1];
  return told ? Math.min(Number(told), RESTART_LONGEST_MS) : RESTART_SPREAD_MS * Math.random();
}
