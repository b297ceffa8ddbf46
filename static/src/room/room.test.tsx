// @vitest-environment jsdom
import { act } from "react";
import { createRoot, type Root } from "react-dom/client";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { WebSocket as NodeWebSocket, WebSocketServer } from "ws";
import { useConnection } from "../connection";
import { chooseLanguage } from "../i18n/language";
import { Language } from "../i18n/provider";
import Room from "./room";

let server: WebSocketServer;
let root: Root;

beforeEach(async () => {
  vi.stubGlobal("IS_REACT_ACT_ENVIRONMENT", true);
  server = new WebSocketServer({ port: 0, host: "127.0.0.1" });
  await new Promise((resolve) => server.on("listening", resolve));
  const { port } = server.address() as { port: number };
  // jsdom's own WebSocket does not take the events of the Node beneath it.
  vi.stubGlobal(
    "WebSocket",
    class extends NodeWebSocket {
      constructor(_: string, protocol: string) {
        super(`ws://127.0.0.1:${port}`, protocol);
      }
    },
  );
  root = createRoot(document.createElement("div"));
});

afterEach(async () => {
  await act(() => root.unmount());
  await new Promise((resolve) => server.close(resolve));
});

test.each([
  [4401, "signed_out"],
  [4410, "removed"],
  [4403, "forbidden"],
])("Closed with %i, a room forgets what was kept of the person.", async (code, reason) => {
  await chooseLanguage("sv");
  expect(sessionStorage).toHaveLength(1);
  server.on("connection", (peer) => peer.close(code));
  await act(() =>
    root.render(
      <Language>
        <Room />
      </Language>,
    ),
  );
  await act(() => vi.waitFor(() => expect(useConnection.getState().reason).toBe(reason)));
  expect(sessionStorage).toHaveLength(0);
});
