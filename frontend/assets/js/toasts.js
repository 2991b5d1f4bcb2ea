// Short notes over the page. They go away by themselves, but not while one reads or reaches them.

const PATIENCE = 8000;
const toasts = document.getElementById("toasts");

/** Shows a note, with an action if there is one: `{label, run}`. */
export function showToast(text, { isError = false, action } = {}) {
  const toast = document.createElement("div");
  toast.className = isError ? "toast is-error" : "toast";
  if (isError) toast.role = "alert";
  const words = document.createElement("p");
  words.textContent = text;
  toast.append(words);
  if (action) {
    const button = addButton(toast, action.label);
    button.dataset.action = "";
    button.addEventListener("click", () => {
      action.run();
      toast.remove();
    });
  }
  const dismiss = addButton(toast, "×");
  dismiss.classList.add("icon");
  dismiss.dataset.dismiss = "";
  dismiss.ariaLabel = "Dismiss";
  toasts.append(toast);
}

function addButton(toast, text) {
  const button = document.createElement("button");
  button.type = "button";
  button.className = "quiet";
  button.textContent = text;
  toast.append(button);
  return button;
}

/** Undoes what the newest note offers to undo; tells whether there was one. */
export function undoLatest() {
  const button = [...toasts.querySelectorAll("[data-undo]")].at(-1);
  button?.click();
  return Boolean(button);
}

function expire(toast) {
  if (toast.querySelector("[data-sign-in]")) return;
  let timer;
  const start = () => {
    clearTimeout(timer);
    timer = setTimeout(() => toast.remove(), PATIENCE);
  };
  const stop = () => clearTimeout(timer);
  for (const event of ["mouseenter", "focusin"]) toast.addEventListener(event, stop);
  for (const event of ["mouseleave", "focusout"]) toast.addEventListener(event, start);
  start();
}

/** Says the same thing once. */
function removeRepeated(toast) {
  for (const other of toasts.children) {
    if (other !== toast && other.textContent === toast.textContent) other.remove();
  }
}

new MutationObserver((changes) => {
  for (const node of changes.flatMap((change) => [...change.addedNodes])) {
    if (!node.classList?.contains("toast")) continue;
    expire(node);
    removeRepeated(node);
  }
  while (toasts.children.length > 3) toasts.firstElementChild.remove();
}).observe(toasts, { childList: true });

toasts.addEventListener("click", (event) => {
  if (event.target.closest("[data-dismiss]")) event.target.closest(".toast").remove();
});

// An undo that was done has no use any more, nor has the offer to sign in once one is in again.
document.addEventListener("htmx:after:request", (event) => {
  const { ctx } = event.detail;
  if (ctx.response.status >= 400) return;
  ctx.sourceElement.closest?.(".toast")?.remove();
  toasts.querySelector("[data-sign-in]")?.closest(".toast").remove();
});

document.addEventListener("htmx:error", (event) => {
  const { ctx } = event.detail;
  if (ctx?.request && !ctx.response) {
    showToast("The server cannot be reached. What you typed is kept; try again in a moment.", { isError: true });
  }
});
