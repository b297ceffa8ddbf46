/**
 * When the changes were made that the server has not confirmed.
 *
 * The provider tells how many confirmations are due; they come in the order of the changes. Only
 * once all were confirmed on a connection does that number say which are left: what was written
 * offline goes out in one piece and is confirmed as one.
 */
export class Unsaved {
  #made: number[] = [];
  #counts = false;

  /** Take note of a change made here. */
  changed(at: number): void {
    this.#made.push(at);
  }

  /** Take note of a new connection. */
  connected(): void {
    this.#counts = false;
  }

  /** Take note that `due` confirmations are missing; `settled`: that nothing is. */
  confirmed(due: number, settled: boolean): void {
    if (settled) {
      this.#made = [];
      this.#counts = true;
    } else if (this.#counts && due < this.#made.length) {
      this.#made = this.#made.slice(this.#made.length - due);
    }
  }

  /** When the oldest unconfirmed change was made; null if there is none. */
  get since(): number | null {
    return this.#made[0] ?? null;
  }
}
