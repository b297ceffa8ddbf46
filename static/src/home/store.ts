import { create } from "zustand";
import type { PushOf, Snapshots } from "../frames";

interface HomeState {
  /** What is newer than this (milliseconds) is new to this person; 0 on their first visit. */
  since: number;
}

export const useHome = create<HomeState>()(() => ({ since: 0 }));

/** Begin with what the server knows of this person's last visit. */
export function load({ since }: Snapshots["home"]): void {
  useHome.setState({ since });
}

/** Take in that another visit has begun, in this window or elsewhere. */
export function apply({ since }: PushOf<"home">): void {
  useHome.setState({ since });
}
