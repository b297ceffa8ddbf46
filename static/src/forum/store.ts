import type { PushOf, Snapshots } from "../frames";

/** Begin anew with what the server told. */
export function load(_snapshot: Snapshots["forum"]): void {}

/** Take in what happened. */
export function apply(_push: PushOf<"forum">): void {}
