import { getChangedRanges, type Range } from "@tiptap/core";
import type { Transaction } from "@tiptap/pm/state";
import { ySyncPluginKey } from "@tiptap/y-tiptap";

/** Tell whether a transaction shows what the shared document holds, and is no change of one's own. */
export function isShared(transaction: Transaction): boolean {
  return Boolean(transaction.getMeta(ySyncPluginKey));
}

/** List where the person at this editor changed something, as places after all transactions. */
export function ownChanges(transactions: readonly Transaction[]): Range[] {
  return transactions.flatMap((transaction, index) => {
    if (!transaction.docChanged || isShared(transaction)) return [];
    const later = transactions.slice(index + 1);
    return getChangedRanges(transaction).map(({ newRange }) => ({
      from: later.reduce((place, { mapping }) => mapping.map(place, -1), newRange.from),
      to: later.reduce((place, { mapping }) => mapping.map(place), newRange.to),
    }));
  });
}
