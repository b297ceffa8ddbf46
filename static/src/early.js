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
// leave the page empty for good: once the server answers, it is loaded again.
{
  const LONGEST_DELAY_MS = 20_000;
  let isLost = false;
  const loadAgain = (delay) => {
    const next = () => loadAgain(Math.min(2 * delay, LONGEST_DELAY_MS));
    setTimeout(
      () => {
        const page = fetch(location.href, { method: "HEAD" });
        page.then(({ ok }) => (ok ? location.reload() : next()), next);
      },
      delay * (0.5 + Math.random() / 2), // not everyone in the same moment
    );
  };
  const lose = ({ target }) => {
    const isOurs = (target.src ?? target.href)?.startsWith(`${location.origin}/assets/`);
    // What is drawn says by itself what it lacks.
    if (isLost || !isOurs || document.querySelector("#root > *")) return;
    isLost = true;
    loadAgain(3_000);
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
