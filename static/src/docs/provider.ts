import { HocuspocusProvider } from "@hocuspocus/provider";
import { TooLarge } from "./wire";

/**
 * The stock provider, which takes no acknowledgement before the server has let it in.
 *
 * Acknowledgements that come earlier are on their way to a provider that was closed a moment ago at
 * the same address; the server answers this one's Auth only after them. What no frame can hold is
 * not sent, and told with the event `tooLarge`: the others in the room's line go on.
 */
export class AdmittedProvider extends HocuspocusProvider {
  override decrementUnsyncedChanges(): void {
    if (this.isAuthenticated) super.decrementUnsyncedChanges();
  }

  override send(...message: Parameters<HocuspocusProvider["send"]>): void {
    try {
      super.send(...message);
    } catch (reason) {
      if (!(reason instanceof TooLarge)) throw reason;
      this.emit("tooLarge");
    }
  }
}
