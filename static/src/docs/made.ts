import { useEffect } from "react";

let made: string | null = null;

/** Note a document that this person has just made: whoever makes one means to write in it. */
export function noteMade(documentId: string): void {
  made = documentId;
}

/**
 * Put the focus in the text of a document that was just made, unless it has gone elsewhere.
 *
 * `focus` tells whether it could; if not, it is called again when the editor is drawn anew.
 */
export function useFirstWords(documentId: string, mayWrite: boolean, focus: () => boolean): void {
  useEffect(() => {
    if (!mayWrite || made !== documentId) return;
    const at = document.activeElement;
    // Where the dialog leaves it: the button that opened that is gone with the list.
    const isFree = at === document.body || at?.id === "main";
    if (!isFree || focus()) made = null;
  });
}
