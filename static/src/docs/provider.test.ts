// @vitest-environment jsdom
import { HocuspocusProviderWebsocket } from "@hocuspocus/provider";
import { expect, test } from "vitest";
import { AdmittedProvider } from "./provider";

test("An acknowledgement for whoever was here before does not count.", () => {
  const wire = new HocuspocusProviderWebsocket({ url: "ws://nowhere", autoConnect: false });
  const provider = new AdmittedProvider({ websocketProvider: wire, name: "document.1" });
  provider.document.getText("t").insert(0, "typed");
  expect(provider.unsyncedChanges).toBe(1);
  provider.decrementUnsyncedChanges();
  expect(provider.unsyncedChanges).toBe(1);
  provider.authenticatedHandler("read-write");
  provider.decrementUnsyncedChanges();
  expect(provider.unsyncedChanges).toBe(0);
  provider.destroy();
  wire.destroy();
});
