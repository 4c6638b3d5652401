// One stream for all pages of a session: a browser opens six connections to a console and no more,
// and a stream for each page would use them up.

const KINDS = ["open", "message", "receipt", "line", "relation", "alarm", "alarm-acknowledged",
  "exercise", "fault", "watch", "draft", "beat", "lost", "ended"];
const STATES = ["beat", "lost", "ended"];
const AGAIN_MS = 2000;
const ports = new Set();
let state = null;
let source = null;

function tell(kind, what) {
  if (STATES.includes(kind)) state = { kind, what };
  for (const port of ports) port.postMessage({ kind, what });
}

function listen() {
  source = new EventSource("/live");
  for (const kind of KINDS) {
    source.addEventListener(kind, (event) => {
      if (event.data === undefined) return; // the browser's own `open`
      tell(kind, JSON.parse(event.data));
      if (kind === "ended") source.close();
    });
  }
  source.addEventListener("error", () => {
    // An answer that is no stream, such as that of a console that is just starting, ends it for good.
    if (source.readyState === EventSource.CLOSED && state?.kind !== "ended") setTimeout(listen, AGAIN_MS);
  });
}

self.addEventListener("connect", (event) => {
  const [port] = event.ports;
  ports.add(port);
  port.onmessage = ({ data }) => { if (data === "bye") ports.delete(port); else ports.add(port); };
  if (source === null) listen();
  // What was heard a while ago says nothing of now, but a loss lasts until something is heard.
  else if (state !== null && state.kind !== "beat") port.postMessage(state);
});
