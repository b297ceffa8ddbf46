import type { Protocol } from "./protocol";

// Names for what the generated types hold.

export type Command = Protocol["command"];
export type CommandType = Command["type"];
/** The commands that change the room; each has a nonce. */
export type WriteType = Extract<Command, { nonce: string }>["type"];
/** The commands that change nothing that is kept. */
export type ReadType = Exclude<CommandType, WriteType>;
export type Push = Protocol["push"];
export type PushType = Push["type"];
export type Replies = Protocol["replies"];
export type Snapshots = Protocol["snapshots"];
export type Welcome = Extract<Push, { type: "room.welcome" }>;
export type Present = Welcome["present"][number];
export type Place = Extract<Command, { type: "room.place" }>["place"];
export type ToolName = Place["tool"];

/** What a feature's store takes: the pushes and signals of its name. */
export type PushOf<Feature extends string> = Extract<
  Exclude<Push, Welcome>,
  { type: `${Feature}.${string}` }
>;

/** A command without what the connection adds to it. */
export type Ask<Type extends CommandType> = Omit<
  Extract<Command, { type: Type }>,
  "id" | "nonce" | "type"
>;

/** The answer to a write: the `seq` of its last event, and what else there is to tell. */
export interface Changed {
  seq: number;
  result?: unknown;
  repeated?: boolean;
}

export type Reply<Type extends CommandType> = Type extends keyof Replies ? Replies[Type] : Changed;
