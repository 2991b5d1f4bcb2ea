// Says when a task falls due, and redraws the list when a new day begins.

import { refreshTasks } from "./tasks.js";
import { showToast } from "./toasts.js";

const LONGEST = 2 ** 31 - 1;
const said = new Set();
let timers = [];

function say(task) {
  const mark = `${task.id} ${task.at}`;
  if (said.has(mark)) return;
  said.add(mark);
  refreshTasks();
  const canNotify = "Notification" in window && Notification.permission === "granted";
  if (canNotify) {
    // The same tag lets several tabs say it once.
    new Notification(`Due now: ${task.title}`, { tag: `todo ${mark}`, body: `Task ${task.id}` });
  }
  const canAsk = "Notification" in window && Notification.permission === "default";
  const action = canAsk && { label: "Notify me", run: () => Notification.requestPermission() };
  showToast(`Due now: ${task.title}`, { action: action || undefined });
}

function schedule() {
  timers.forEach(clearTimeout);
  const at = (time, run) => setTimeout(run, Math.min(Math.max(time - Date.now(), 0), LONGEST));
  timers = Array.from(document.querySelectorAll("#due-soon li"), (item) => {
    const task = { id: item.dataset.id, at: item.dataset.at, title: item.textContent };
    return at(Date.parse(task.at), () => say(task));
  });
  timers.push(at(new Date().setHours(24, 0, 1, 0), refreshTasks));
}

document.addEventListener("htmx:after:swap", schedule);
schedule();
