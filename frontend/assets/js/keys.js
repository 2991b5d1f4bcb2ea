// The keyboard shortcuts, as the dialog lists them.

import { focusChat } from "./chat.js";
import { undoLatest } from "./toasts.js";

const dialog = document.getElementById("shortcuts");
const rows = () => [...document.querySelectorAll(".task:not(.is-editing)")];
const currentRow = () => document.activeElement?.closest(".task");

function focusTasks(id) {
  document.getElementById("pane-tasks").checked = true;
  const field = document.getElementById(id);
  field.focus();
  field.select();
}

function move(by) {
  const all = rows();
  const place = all.indexOf(currentRow());
  const next = place < 0 ? 0 : Math.min(Math.max(place + by, 0), all.length - 1);
  all[next]?.querySelector(".task-title").focus();
}

function choose(status) {
  document.querySelector(`#filters [name="status"][value="${status}"]`).click();
}

const keys = {
  "/": () => focusChat(),
  "?": () => dialog.showModal(),
  a: () => focusTasks("quick-add-title"),
  f: () => focusTasks("search"),
  u: () => undoLatest(),
  j: () => move(1),
  k: () => move(-1),
  x: () => currentRow()?.querySelector(".task-check")?.click(),
  e: () => currentRow()?.querySelector(".task-title")?.click(),
  d: () => currentRow()?.querySelector(".task-delete")?.click(),
  1: () => choose("all"),
  2: () => choose("pending"),
  3: () => choose("completed"),
  n: () => document.getElementById("new-chat").click(),
  h: () => document.getElementById("conversations").togglePopover(),
};

document.addEventListener("keydown", (event) => {
  if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || dialog.open) return;
  if (event.target.closest("input:not([type='radio'], [type='checkbox']), select, textarea, [contenteditable]")) return;
  const run = keys[event.key];
  if (!run) return;
  event.preventDefault();
  run();
});

document.querySelector("[data-open-shortcuts]").addEventListener("click", () => dialog.showModal());
