/** Begin anew with what the server told. */
export function load(_snapshot: unknown): void {}

/** Take in what happened. */
export function apply(_push: unknown): void {}
