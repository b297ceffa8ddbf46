import { useEffect, useState } from "react";

/**
 * Return what stands behind the `#` of the address, and take it out of there.
 *
 * A secret in it is seen by no server; taken out, it stays in no history either. Another link
 * opened in the same tab changes only the fragment, so it is followed.
 */
export function useFragment(): string {
  const [fragment, setFragment] = useState(() => location.hash.slice(1));
  useEffect(() => {
    function take() {
      if (!location.hash) return;
      setFragment(location.hash.slice(1));
      history.replaceState(history.state, "", location.pathname);
    }
    take();
    window.addEventListener("hashchange", take);
    return () => window.removeEventListener("hashchange", take);
  }, []);
  return fragment;
}
