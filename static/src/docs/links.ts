import { parsed } from "../ui/links";
import { isAllowed, ruleOf } from "./rules";

/** Tell whether an address is one that a link may lead to. */
export function isLinkable(address: string): boolean {
  return isAllowed(ruleOf("link", "href"), address);
}

/** Return where a link on another page leads, as a browser reads it, if a link may lead there. */
export function linkableAs(address: string): string | null {
  if (isLinkable(address)) return address;
  // A browser leaves the spaces between the addresses of an e-mail as they are.
  const whole = parsed(address)?.href.replace(/\s/g, encodeURIComponent);
  return whole && isLinkable(whole) ? whole : null;
}

/** Make an address of what a person typed: a bare name of a site gets its `https://`. */
export function addressOf(typed: string): string | null {
  const text = typed.trim();
  const isMail = /^[^\s@:/]+@[^\s@:/]+\.[^\s@:/]+$/.test(text);
  const isWhole = /^[a-z][a-z0-9+.-]*:/i.test(text);
  const address = isWhole ? text : `${isMail ? "mailto:" : "https://"}${text}`;
  return parsed(address) && linkableAs(address);
}
