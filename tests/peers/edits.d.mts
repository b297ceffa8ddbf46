/** Select something in a Tiptap editor and do something to it; `below` is the dice. */
export function editAtRandom(editor: object, below: (bound: number) => number): void;
