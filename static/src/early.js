// Runs before the first paint, while all else is still being fetched. The build writes after it what
// has the other parts fetched (tools/loading.mjs).

// The theme this person chose on this device, if it is not the system's.
try {
  const chosen = localStorage.getItem("twinspace.theme");
  if (chosen === "light" || chosen === "dark") document.documentElement.dataset.theme = chosen;
} catch {
  // Storage is switched off; the system's theme it is.
}

// A room's socket, so that what the room holds comes beside the scripts and not after them.
// connection.ts takes it over, with what it has heard until then.
{
  const room = /^\/rooms\/([^/]+)/.exec(location.pathname)?.[1];
  if (room) {
    document.documentElement.dataset.opens = "room"; // its frame is there at once (opening.css)
    const scheme = location.protocol === "https:" ? "wss" : "ws";
    const socket = new WebSocket(`${scheme}://${location.host}/ws/rooms/${room}`, "twinspace.v1");
    const early = { socket, heard: [], hasSaidHello: false };
    socket.binaryType = "arraybuffer";
    socket.onopen = () => {
      socket.send(JSON.stringify({ id: 0, type: "room.hello", since: null }));
      early.hasSaidHello = true;
    };
    socket.onmessage = (event) => early.heard.push(event);
    socket.onclose = (event) => early.heard.push(event);
    window.twinspaceEarly = early;
  }
}

// A part that does not come, because the line is cut or the server was renewed meanwhile, would
// leave the page empty for good: once the server answers, it is loaded again. Each time without
// success waits longer, for a part may be missing for good; main.tsx ends that.
{
  const KEPT_AS = "twinspace.reload_after_ms";
  const FIRST_DELAY_MS = 3_000;
  const LONGEST_DELAY_MS = 300_000;
  const NOT_KEPT_DELAY_MS = 30_000;
  const LONGEST_UNANSWERED_MS = 20_000;
  let isLost = false;
  // What is drawn says by itself what it lacks, and somebody may be writing in it.
  const isDrawn = () => document.querySelector("#root > *") !== null;
  const keptDelay = () => {
    try {
      return Number(sessionStorage.getItem(KEPT_AS)) || FIRST_DELAY_MS;
    } catch {
      return NOT_KEPT_DELAY_MS; // storage is switched off: it cannot grow
    }
  };
  const reload = () => {
    if (isDrawn()) return;
    try {
      sessionStorage.setItem(KEPT_AS, Math.min(2 * keptDelay(), LONGEST_DELAY_MS));
    } catch {
      // Storage is switched off.
    }
    location.reload();
  };
  const loadAgain = (delay) => {
    const next = () => loadAgain(Math.min(2 * delay, LONGEST_UNANSWERED_MS));
    setTimeout(
      () => {
        if (isDrawn()) return;
        const page = fetch(location.href, { method: "HEAD" });
        page.then(({ ok }) => (ok ? reload() : next()), next);
      },
      delay * (0.5 + Math.random() / 2), // not everyone in the same moment
    );
  };
  const lose = ({ target }) => {
    const isOurs = (target.src ?? target.href)?.startsWith(`${location.origin}/assets/`);
    if (isLost || !isOurs || isDrawn()) return;
    isLost = true;
    // Nobody is in the room before it is drawn; should it be after all, it opens its own.
    window.twinspaceEarly?.socket.close();
    window.twinspaceEarly = undefined;
    loadAgain(keptDelay());
  };
  addEventListener("error", lose, true);
}

// The first use of its knowledge of languages costs a browser more than all the rest of this page's
// start; while the scripts are on their way it has nothing else to do.
setTimeout(() => {
  const language = navigator.language;
  Intl.DateTimeFormat.supportedLocalesOf(language);
  new Intl.DateTimeFormat(language, { dateStyle: "full", timeStyle: "short" }).format(0);
  new Intl.PluralRules(language);
}, 0);
