/** What a node tells of itself every few seconds. */
export interface Figures {
  connections: Record<string, number>;
  rooms: number;
  documents: number;
  oldest_unacknowledged_s: number;
  backlog_bytes: number;
  engine_restarts: number;
  bus_connected: boolean;
  lag_s: number;
  memory_bytes: number;
  processor_share: number;
  /** Where Prometheus reads it. */
  metrics_port: number | null;
}

export interface Node {
  id: string;
  version: string;
  host: string;
  process: number;
  started_at: number;
  seen_at: number;
  state: "ready" | "closed" | "draining";
  gone: boolean;
  wanted_closed: boolean;
  figures: Figures;
}

export interface OpenRoom {
  id: string;
  title: string;
  connections: number;
}

export interface Installation {
  nodes: Node[];
  rooms: OpenRoom[];
}

/** A document that the server cannot trust; never what it is called or what is in it. */
export interface Troubled {
  id: string;
  kind: "rich" | "text";
  room_id: string;
  room_title: string;
  state: "suspect" | "quarantined";
  good_at: number | null;
  last_at: number | null;
  entries: number;
}

export const OPERATIONS = "/api/administration/operations";
export const NODES = "/api/administration/nodes";
export const TROUBLED = "/api/administration/troubled";

/** Add up what nodes tell, leaving out those that are gone. */
export function totals(nodes: readonly Node[]): { nodes: number; connections: number } {
  const here = nodes.filter((one) => !one.gone);
  return {
    nodes: here.length,
    connections: here.reduce((sum, one) => sum + connectionsOf(one), 0),
  };
}

/** Count the connections of a node, of whatever kind. */
export function connectionsOf(node: Node): number {
  return Object.values(node.figures.connections).reduce((sum, count) => sum + count, 0);
}

export type Worry = "gone" | "unsaved" | "bus" | "slow";

/** Longer than this nobody's words should wait to be saved. */
const UNSAVED_MAX_S = 5;
const LAG_MAX_S = 0.25;

/** Tell what about a node an administrator should look at, the worst first. */
export function worriesOf(node: Node): Worry[] {
  if (node.gone) return ["gone"];
  const { oldest_unacknowledged_s, bus_connected, lag_s } = node.figures;
  const found: Worry[] = [];
  if (oldest_unacknowledged_s > UNSAVED_MAX_S) found.push("unsaved");
  if (!bus_connected) found.push("bus");
  if (lag_s > LAG_MAX_S) found.push("slow");
  return found;
}
