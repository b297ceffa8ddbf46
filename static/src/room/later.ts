import { type ComponentType, type LazyExoticComponent, lazy } from "react";

type Load = () => Promise<{ default: ComponentType }>;

const loads: Load[] = [];

/** Make a view that comes when it is first drawn, or with `loadTheRest`. */
export function later(load: Load): LazyExoticComponent<ComponentType> {
  loads.push(load);
  return lazy(load);
}

/**
 * Bring every view that has not come yet.
 *
 * Somebody whose line is cut must still find the tools they have not opened before. One that does
 * not come is asked for again when it is drawn.
 */
export function loadTheRest(): void {
  for (const load of loads) load().catch(() => undefined);
}
