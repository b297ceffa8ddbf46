import type { ReactNode } from "react";
import { Link as AriaLink, type LinkProps } from "react-aria-components";

/** Link to a page of this application, without loading anything anew. */
export function Link(props: Omit<LinkProps, "children"> & { children: ReactNode }) {
  return <AriaLink {...props} />;
}
