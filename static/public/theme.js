// Before the first paint: the theme this person chose on this device, if it is not the system's.
try {
  const chosen = localStorage.getItem("twinspace.theme");
  if (chosen === "light" || chosen === "dark") document.documentElement.dataset.theme = chosen;
} catch {
  // Storage is switched off; the system's theme it is.
}
