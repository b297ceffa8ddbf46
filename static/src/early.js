// Runs before the first paint, while all else is still being fetched. The build writes after it what
// has the other parts fetched (tools/loading.mjs).

// The theme this person chose on this device, if it is not the system's.
try {
  const chosen = localStorage.getItem("twinspace.theme");
  if (chosen === "light" || chosen === "dark") document.documentElement.dataset.theme = chosen;
} catch {
  // Storage is switched off; the system's theme it is.
}
