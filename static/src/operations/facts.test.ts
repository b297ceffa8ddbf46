import { expect, test } from "vitest";
import { type Node, totals, worriesOf } from "./facts";

const CALM: Node = {
  id: "one",
  version: "1",
  host: "here",
  process: 1,
  started_at: 0,
  seen_at: 0,
  state: "ready",
  gone: false,
  wanted_closed: false,
  figures: {
    connections: { app: 3, provider: 1 },
    rooms: 1,
    documents: 1,
    oldest_unacknowledged_s: 0,
    backlog_bytes: 0,
    engine_restarts: 0,
    bus_connected: true,
    lag_s: 0.01,
    memory_bytes: 1,
    processor_share: 0,
    metrics_port: null,
  },
};

function node(figures: Partial<Node["figures"]>, facts: Partial<Node> = {}): Node {
  return { ...CALM, ...facts, figures: { ...CALM.figures, ...figures } };
}

test("A node that does well is no worry.", () => {
  expect(worriesOf(CALM)).toEqual([]);
});

test("What is wrong with a node is told, the worst first.", () => {
  const bad = node({ oldest_unacknowledged_s: 6, bus_connected: false, lag_s: 0.3 });
  expect(worriesOf(bad)).toEqual(["unsaved", "bus", "slow"]);
});

test("Of a node that is gone nothing else is told: its figures are old.", () => {
  expect(worriesOf(node({ lag_s: 9 }, { gone: true }))).toEqual(["gone"]);
});

test("Nodes that are gone are not added up.", () => {
  expect(totals([CALM, node({}, { gone: true })])).toEqual({ nodes: 1, connections: 4 });
});
