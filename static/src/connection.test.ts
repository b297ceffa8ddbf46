// @vitest-environment jsdom
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { WebSocket as NodeWebSocket, type WebSocket as Peer, WebSocketServer } from "ws";
import { RoomConnection, type StopReason, useConnection } from "./connection";
import type { Push, Welcome } from "./frames";

/** A server's end: what arrived, and the peer to answer with. */
interface Line {
  peer: Peer;
  frames: Record<string, unknown>[];
  binary: number[][];
}

let server: WebSocketServer;
let lines: Line[];
let told: Push[];
let welcomes: Welcome[];
let connection: RoomConnection;
let whyRefused: StopReason | null;

// jsdom's own WebSocket does not take the events of the Node beneath it. Node throws an error that
// nobody listens to; a browser does not.
vi.stubGlobal(
  "WebSocket",
  class extends NodeWebSocket {
    constructor(address: string, protocol: string) {
      super(address, protocol);
      this.on("error", () => {});
    }
  },
);

beforeEach(async () => {
  lines = [];
  told = [];
  welcomes = [];
  whyRefused = null;
  await listen(0);
  const { port } = server.address() as { port: number };
  connection = new RoomConnection(
    "room",
    {
      welcome: (welcome) => welcomes.push(welcome),
      push: (push) => told.push(push),
      refused: async () => whyRefused,
    },
    `ws://127.0.0.1:${port}`,
  );
});

afterEach(async () => {
  connection.stop();
  await closeServer();
});

function listen(port: number): Promise<void> {
  server = new WebSocketServer({ port, host: "127.0.0.1" });
  server.on("connection", (peer) => {
    const line: Line = { peer, frames: [], binary: [] };
    lines.push(line);
    peer.on("message", (data: Buffer, isBinary) => {
      if (isBinary) line.binary.push([...data]);
      else line.frames.push(JSON.parse(data.toString()));
    });
  });
  return new Promise((resolve) => server.on("listening", resolve));
}

function closeServer(): Promise<void> {
  for (const client of server.clients) client.terminate();
  return new Promise((resolve) => server.close(() => resolve()));
}

async function line(index: number): Promise<Line> {
  return vi.waitFor(
    () => {
      const found = lines[index];
      if (!found?.frames.length) throw new Error(`no hello on connection ${index}`);
      return found;
    },
    { timeout: 10_000 },
  );
}

function tell(to: Line, frame: object): void {
  to.peer.send(JSON.stringify(frame));
}

function welcome(to: Line, seq: number, resumed = false): void {
  tell(to, {
    type: "room.welcome",
    id: 0,
    epoch: 1,
    seq,
    resumed,
    server_time: Date.now(),
    you: {},
    room: {},
    present: [],
    features: {},
  });
}

async function asked(of: Line, type: string): Promise<Record<string, unknown>> {
  return vi.waitFor(() => {
    const frame = of.frames.find((one) => one.type === type);
    if (!frame) throw new Error(`no ${type}`);
    return frame;
  });
}

const PUSH = { type: "people.team_removed", at: 1, team_id: "t" };

test("It says hello, and comes back with the position it has reached.", async () => {
  connection.start();
  const first = await line(0);
  expect(first.frames[0]).toEqual({ id: 0, type: "room.hello", since: null });
  welcome(first, 40);
  tell(first, { ...PUSH, seq: 41 });
  tell(first, { ...PUSH, seq: 41 });
  tell(first, { ...PUSH, seq: 43 });
  await vi.waitFor(() => expect(told).toHaveLength(2));
  first.peer.terminate();
  const second = await line(1);
  expect(second.frames[0]).toMatchObject({ since: { epoch: 1, seq: 43 } });
  welcome(second, 44, true);
  tell(second, { ...PUSH, seq: 44 });
  await vi.waitFor(() => expect(told).toHaveLength(3));
});

test("A write without an answer is sent again with the same nonce, and answered once.", async () => {
  connection.start();
  const first = await line(0);
  welcome(first, 1);
  const reply = connection.send("people.remove", { member_id: "m" });
  const sent = await asked(first, "people.remove");
  first.peer.terminate();
  const second = await line(1);
  expect(second.frames).toHaveLength(1); // nothing before the welcome
  welcome(second, 1, true);
  const again = await asked(second, "people.remove");
  expect(again).toEqual(sent);
  tell(second, { id: again.id, ok: { seq: 2 } });
  await expect(reply).resolves.toEqual({ seq: 2 });
});

test("A command begins with its id, and half an emoji in it is no harm to the rest.", async () => {
  connection.start();
  const first = await line(0);
  welcome(first, 1);
  const quote = { post_id: "p", text: "So sunny \ud83d" };
  void connection
    .send("forum.reply", { thread_id: "t", text: "\udf1e, 🌞!", quote })
    .catch(() => {});
  const sent = await asked(first, "forum.reply");
  expect(Object.keys(sent)[0]).toBe("id");
  expect(sent).toMatchObject({ text: "\ufffd, 🌞!", quote: { text: "So sunny \ufffd" } });
});

test("What is sent because of a welcome goes out once.", async () => {
  let isTold = false;
  connection = new RoomConnection(
    "room",
    {
      welcome: () => {
        connection.send("people.choose_language", { language: "sv" }).then(() => {
          isTold = true;
        });
      },
      push: () => {},
      refused: async () => null,
    },
    `ws://127.0.0.1:${(server.address() as { port: number }).port}`,
  );
  connection.start();
  const first = await line(0);
  welcome(first, 1);
  const { id } = await asked(first, "people.choose_language");
  tell(first, { id, ok: { seq: 2 } });
  await vi.waitFor(() => expect(isTold).toBe(true));
  const next = connection.ask("chat.overview", {});
  tell(first, { id: (await asked(first, "chat.overview")).id, ok: {} });
  await next;
  expect(first.frames.map(({ type }) => type)).toEqual([
    "room.hello",
    "people.choose_language",
    "chat.overview",
  ]);
});

test("A refusal carries the server's code and time to wait.", async () => {
  connection.start();
  const first = await line(0);
  welcome(first, 1);
  const reply = connection.send("people.remove", { member_id: "m" });
  const { id } = await asked(first, "people.remove");
  tell(first, {
    id,
    error: { code: "rate_limited", message: "Slowly.", retryable: true, retry_after_s: 7 },
  });
  await expect(reply).rejects.toMatchObject({ code: "rate_limited", retryAfterS: 7 });
});

test.each([
  [4401, "signed_out"],
  [4499, "outdated"],
  [4410, "removed"],
  [1009, "too_large"],
])("Close code %i stops it for good, and what waits is refused.", async (code, reason) => {
  connection.start();
  const first = await line(0);
  welcome(first, 1);
  const reply = connection.send("people.remove", { member_id: "m" });
  first.peer.close(code);
  await expect(reply).rejects.toMatchObject({ code: "away" });
  expect(useConnection.getState()).toEqual({ status: "stopped", reason });
  expect(lines).toHaveLength(1);
});

test("A server that restarts says when to come back.", async () => {
  connection.start();
  const first = await line(0);
  welcome(first, 1);
  await vi.waitFor(() => expect(useConnection.getState().status).toBe("open"));
  const timers = vi.spyOn(globalThis, "setTimeout");
  first.peer.close(1012, "restart retry_after_ms=7300");
  await vi.waitFor(() => expect(useConnection.getState().status).toBe("waiting"));
  const delays = timers.mock.calls.map(([, delay]) => delay ?? 0);
  timers.mockRestore();
  // Beside its own share, as after any close, of at most half a second.
  expect(delays.filter((delay) => delay >= 7300 && delay <= 7800)).toHaveLength(1);
});

test("A refused upgrade is asked about, and the answer stops it.", async () => {
  await closeServer();
  whyRefused = "forbidden";
  connection.start();
  await vi.waitFor(() =>
    expect(useConnection.getState()).toEqual({ status: "stopped", reason: "forbidden" }),
  );
});

test("A hello that is refused is said again on a new line.", async () => {
  connection.start();
  const error = { code: "storage.busy", message: "Later.", retryable: true };
  tell(await line(0), { id: 0, error });
  welcome(await line(1), 1);
  await vi.waitFor(() => expect(useConnection.getState().status).toBe("open"));
  expect(welcomes).toHaveLength(1);
});

test("A line that lives and has no welcome is given up.", async () => {
  vi.useFakeTimers({ toFake: ["Date", "setInterval", "clearInterval"] });
  try {
    connection.start();
    const first = await line(0);
    for (const count of [1, 2, 3]) {
      tell(first, PUSH);
      await vi.waitFor(() => expect(told).toHaveLength(count));
      await vi.advanceTimersByTimeAsync(20_000);
    }
    await vi.waitFor(() => expect(first.peer.readyState).toBe(first.peer.CLOSED));
    expect((await line(1)).frames).toHaveLength(1);
  } finally {
    vi.useRealTimers();
  }
});

test("The documents get the Ping that came before them, and only binary frames.", async () => {
  connection.start();
  const first = await line(0);
  welcome(first, 1);
  first.peer.send(Uint8Array.of(9));
  tell(first, { ...PUSH, seq: 2 });
  await vi.waitFor(() => expect(told).toHaveLength(1));
  const documents = new connection.DocumentSocket("room:");
  const received: unknown[] = [];
  documents.addEventListener("open", () => received.push("open"));
  documents.addEventListener("message", (event) => {
    received.push([...new Uint8Array((event as MessageEvent<ArrayBuffer>).data)]);
  });
  await vi.waitFor(() => expect(received).toEqual(["open", [9]]));
  documents.send(Uint8Array.of(10));
  await vi.waitFor(() => expect(first.binary).toEqual([[10]]));
  tell(first, { ...PUSH, seq: 3 });
  first.peer.send(Uint8Array.of(1, 2, 3));
  await vi.waitFor(() => expect(received).toEqual(["open", [9], [1, 2, 3]]));
});

test("The documents' line opens and closes with the room's, each as often as the other.", async () => {
  connection.start();
  const first = await line(0);
  welcome(first, 1);
  const documents = new connection.DocumentSocket("room:");
  const events: string[] = [];
  documents.addEventListener("open", () => events.push("open"));
  documents.addEventListener("close", () => events.push("close"));
  await vi.waitFor(() => expect(useConnection.getState().status).toBe("open"));
  expect(events).toEqual([]); // a change now would be counted and never acknowledged
  first.peer.send(Uint8Array.of(9));
  await vi.waitFor(() => expect(events).toEqual(["open"]));
  first.peer.terminate();
  await vi.waitFor(() => expect(events).toEqual(["open", "close"]));
  const next = new connection.DocumentSocket("room:");
  next.addEventListener("open", () => events.push("open again"));
  const second = await line(1);
  second.peer.send(Uint8Array.of(9));
  await vi.waitFor(() => expect(events).toEqual(["open", "close", "open again"]));
  // The provider gives its line up: the room's goes too, and comes back.
  next.close();
  await vi.waitFor(() => expect(second.peer.readyState).toBe(second.peer.CLOSED));
  await line(2);
});

describe("The page's early socket", () => {
  /** Run the page's first script on a room's address. */
  function openEarly(): void {
    const source = readFileSync(join(import.meta.dirname, "early.js"), "utf8");
    const { port } = server.address() as { port: number };
    const host = `127.0.0.1:${port}`;
    const place = { protocol: "http:", host, pathname: "/rooms/room/chat" };
    new Function("location", source)(place);
    connection = new RoomConnection(
      "room",
      {
        welcome: (one) => welcomes.push(one),
        push: (push) => told.push(push),
        refused: async () => whyRefused,
      },
      `ws://${host}/ws/rooms/room`,
    );
  }

  async function heard(count: number): Promise<void> {
    await vi.waitFor(() => expect(window.twinspaceEarly?.heard).toHaveLength(count));
  }

  test("It becomes the connection's, with all that it has heard.", async () => {
    openEarly();
    const first = await line(0);
    welcome(first, 1);
    tell(first, { ...PUSH, seq: 2 });
    first.peer.send(Uint8Array.of(9));
    await heard(3);
    connection.start();
    expect(welcomes).toHaveLength(1);
    expect(told).toHaveLength(1);
    tell(first, { ...PUSH, seq: 3 });
    await vi.waitFor(() => expect(told).toHaveLength(2));
    const documents = new connection.DocumentSocket("room:");
    const opened = vi.fn();
    documents.addEventListener("open", opened);
    await vi.waitFor(() => expect(opened).toHaveBeenCalledOnce());
    expect(first.frames).toEqual([{ id: 0, type: "room.hello", since: null }]);
    first.peer.terminate();
    expect((await line(1)).peer.protocol).toBe(first.peer.protocol);
  });

  test("It says hello once, too, when it opens after it was taken over.", async () => {
    openEarly();
    connection.start();
    const first = await line(0);
    welcome(first, 1);
    await vi.waitFor(() => expect(useConnection.getState().status).toBe("open"));
    expect(lines).toHaveLength(1);
    expect(first.frames).toHaveLength(1);
  });

  test("Closed for good, it stops the connection.", async () => {
    openEarly();
    (await line(0)).peer.close(4401);
    await heard(1);
    connection.start();
    expect(useConnection.getState()).toEqual({ status: "stopped", reason: "signed_out" });
    expect(lines).toHaveLength(1);
  });

  test("What comes after a refused hello is not heard.", async () => {
    openEarly();
    const first = await line(0);
    tell(first, { id: 0, error: { code: "storage.unavailable", message: "Later." } });
    welcome(first, 1);
    await heard(2);
    connection.start();
    expect(welcomes).toHaveLength(0);
    expect(useConnection.getState().status).toBe("waiting");
  });

  test("Refused, it is asked about, and nobody knocks twice.", async () => {
    await closeServer();
    const knocks = vi.fn(() => false);
    server = new WebSocketServer({ port: 0, host: "127.0.0.1", verifyClient: knocks });
    await new Promise((resolve) => server.on("listening", resolve));
    openEarly();
    await heard(1);
    whyRefused = "forbidden";
    connection.start();
    await vi.waitFor(() => expect(useConnection.getState().reason).toBe("forbidden"));
    expect(knocks).toHaveBeenCalledOnce();
  });

  test("Another room's connection closes it and opens its own.", async () => {
    openEarly();
    const first = await line(0);
    const { port } = server.address() as { port: number };
    const nobody = { welcome: () => {}, push: () => {}, refused: async () => null };
    connection = new RoomConnection("other", nobody, `ws://127.0.0.1:${port}/ws/rooms/other`);
    connection.start();
    await vi.waitFor(() => expect(first.peer.readyState).toBe(first.peer.CLOSED));
    expect((await line(1)).frames).toHaveLength(1);
  });
});
