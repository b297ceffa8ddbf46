import { HocuspocusProvider } from "@hocuspocus/provider";

/**
 * The stock provider, which takes no acknowledgement before the server has let it in.
 *
 * Those that come earlier are on their way to a provider that was closed a moment ago at the same
 * address; the server answers this one's Auth only after them.
 */
export class AdmittedProvider extends HocuspocusProvider {
  override decrementUnsyncedChanges(): void {
    if (this.isAuthenticated) super.decrementUnsyncedChanges();
  }
}
