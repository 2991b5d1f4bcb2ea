// Follows what changes elsewhere. Of all visible tabs one holds the connection and tells the
// others, because a browser keeps only a few connections to one server; hidden tabs hold none and
// catch up when they are seen again.

import { refreshConversations, refreshMessages } from "./chat.js";
import { refreshTasks } from "./tasks.js";

const LOCK = "todo-live";
const RETRY = 3000;
const channel = new BroadcastChannel(LOCK);

let version;
let pending;

function take(change) {
  if (document.hidden || change.version === version) return;
  version = change.version;
  const unknown = !change.tasks.length && !change.conversations.length;
  pending ??= { tasks: false, conversations: new Set() };
  pending.tasks ||= unknown || change.tasks.length > 0;
  for (const id of change.conversations) pending.conversations.add(id);
  setTimeout(apply, 50);
}

function apply() {
  if (!pending) return;
  const { tasks, conversations } = pending;
  pending = undefined;
  if (tasks) refreshTasks();
  if (conversations.size) {
    refreshConversations();
    refreshMessages([...conversations]);
  }
}

channel.addEventListener("message", (event) => take(event.data));

/** Follows until `signal` aborts; comes back after failures. */
function connect(signal) {
  return new Promise((resolve) => {
    let source;
    let timer;
    const open = () => {
      source = new EventSource("/live");
      source.addEventListener("changed", (event) => {
        const change = JSON.parse(event.data);
        take(change);
        channel.postMessage(change);
      });
      source.addEventListener("error", () => {
        if (source.readyState === EventSource.CLOSED) timer = setTimeout(open, RETRY);
      });
    };
    open();
    signal.addEventListener("abort", () => {
      clearTimeout(timer);
      source.close();
      resolve();
    });
  });
}

let visit;

function watch() {
  visit?.abort();
  if (document.hidden) return;
  const { signal } = (visit = new AbortController());
  navigator.locks
    ? navigator.locks.request(LOCK, { signal }, () => connect(signal)).catch(() => {})
    : connect(signal);
}

document.addEventListener("visibilitychange", () => {
  watch();
  if (!document.hidden) refreshTasks();
});
window.addEventListener("pagehide", () => visit?.abort());
window.addEventListener("pageshow", (event) => {
  if (event.persisted) watch();
});
watch();
