// The task list: changes are drawn before the server confirms them and taken back if it refuses,
// and the focus stays where the eye is.

const list = () => document.getElementById("task-list");
const quickAdd = document.getElementById("quick-add");

let isStale = false;

/** Asks for the list as it is now; once another one that was asked for is there. */
export function refreshTasks() {
  if (document.querySelector("#filters.htmx-request, #more-tasks.htmx-request")) isStale = true;
  else window.htmx?.trigger("#task-list", "refresh");
}

document.addEventListener("htmx:finally:request", (event) => {
  if (!isStale || !["filters", "more-tasks"].includes(event.detail.ctx.sourceElement.id)) return;
  isStale = false;
  window.htmx.trigger("#task-list", "refresh");
});

// The assistant has just written to it.
document.addEventListener("wrote", refreshTasks);

// How to take back what was drawn, by the button that was pressed.
const takeBack = new WeakMap();

function draw(button) {
  const row = button.closest(".task");
  if (!row) return undefined;
  if (button.name === "completed") {
    const completed = button.value === "true";
    const set = (value) => {
      row.classList.toggle("is-completed", value);
      button.ariaChecked = String(value);
    };
    set(completed);
    return () => set(!completed);
  }
  if (button.formAction.endsWith("/delete")) {
    row.removeAttribute("hx-morph-skip");
    row.classList.add("is-leaving");
    return () => row.classList.remove("is-leaving");
  }
  return undefined;
}

document.addEventListener("submit", (event) => {
  const { target, submitter } = event;
  if (target.id === "list-form" && submitter) takeBack.set(submitter, draw(submitter));
  if (target === quickAdd) emptyQuickAdd();
});

document.addEventListener("htmx:finally:request", (event) => {
  const { ctx } = event.detail;
  const failed = ctx.status !== "swapped" || ctx.response.status >= 400;
  if (failed) takeBack.get(ctx.request.submitter)?.();
  if (ctx.sourceElement === quickAdd && failed) refillQuickAdd(ctx.request.body);
});

// The quick-add line is free for the next task at once. Its key makes sending it twice add once.

function freshKey() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

function emptyQuickAdd() {
  quickAdd.elements.title.value = "";
  quickAdd.elements.title.removeAttribute("aria-invalid");
  quickAdd.elements.key.value = freshKey();
  document.getElementById("quick-add-error").textContent = "";
}

function refillQuickAdd(sent) {
  const { title, key } = quickAdd.elements;
  if (title.value) return;
  title.value = sent.get("title");
  key.value = sent.get("key");
  title.focus();
}

// Focus. A row that leaves hands it to the row that takes its place.

let focused;

document.addEventListener("htmx:before:swap", () => {
  const active = document.activeElement;
  const row = active?.closest?.(".task");
  focused = row && { id: row.id, place: [...row.parentElement.children].indexOf(row) };
  if (active?.closest?.(".toast")) focused = { id: "", place: 0 };
});

document.addEventListener("htmx:after:swap", () => {
  addTagOptions();
  if (!focused || document.activeElement !== document.body) return;
  const rows = [...list().querySelectorAll(".task")];
  const row = rows.find((row) => row.id === focused.id) ?? rows[Math.min(focused.place, rows.length - 1)];
  (row?.querySelector(".task-title") ?? quickAdd.elements.title).focus({ preventScroll: true });
  focused = undefined;
});

function addTagOptions() {
  const select = document.getElementById("tag-filter");
  const known = new Set(Array.from(select.options, (option) => option.value));
  for (const tag of list().querySelectorAll(".tag")) {
    const name = tag.textContent.slice(1);
    if (known.has(name)) continue;
    known.add(name);
    select.add(new Option(name, name));
  }
}

// A row that is being edited is left alone by refreshes until its editor is sent.
document.addEventListener("htmx:before:swap", (event) => {
  const { ctx } = event.detail;
  if (ctx.response?.status < 400) ctx.sourceElement.closest?.(".is-editing")?.removeAttribute("hx-morph-skip");
});

document.addEventListener("htmx:after:swap", (event) => {
  const { ctx } = event.detail;
  if (ctx.request?.action?.includes("/edit")) list().querySelector(".is-editing")?.scrollIntoView({ block: "nearest" });
});

document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  event.target.closest?.(".editor, .message-editor")?.querySelector("[data-cancel]")?.click();
});
