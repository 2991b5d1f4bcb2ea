// The chat: the composer, following the answer while one is at its end, and drafts that survive.

import { showToast } from "./toasts.js";

const RETRY = 3000;
const composer = document.getElementById("composer");
const textarea = document.getElementById("message");
const messages = document.getElementById("messages");
const scroller = document.getElementById("chat-scroll");
const latest = document.getElementById("latest");

const conversation = () => composer.elements.conversation_id?.value ?? "";
const isRunning = () => Boolean(messages.querySelector('[data-state="running"]'));
// The message that is being sent.
let pending;

/** Shows the chat where only one half of the page fits, and puts the cursor in it. */
export function focusChat() {
  document.getElementById("pane-chat").checked = true;
  textarea.focus();
}

/** Fetches the messages again when this conversation changed elsewhere. */
export function refreshMessages(changed) {
  const isEditing = messages.querySelector(".message-editor");
  if (!changed.includes(Number(conversation())) || pending || isRunning() || isEditing) return;
  fetchMessages({ isRefresh: true });
}

function fetchMessages(options) {
  const place = { target: "#messages", swap: "innerMorph" };
  window.htmx.ajax("GET", `/conversations/${conversation()}/messages`, { ...place, ...options });
}

// What was asked for before a message was sent knows nothing of that message.
document.addEventListener("htmx:before:swap", (event) => {
  if (event.detail.ctx.isRefresh && (pending || isRunning())) event.preventDefault();
});

/** Fetches the list of chats again. */
export function refreshConversations() {
  const search = document.getElementById("conversation-search");
  const isBusy = document.querySelector("#conversation-list details[open]") || search === document.activeElement;
  if (isBusy) return;
  const query = new URLSearchParams({ search: search.value, open: conversation() });
  window.htmx.ajax("GET", `/conversations?${query}`, { target: "#conversation-list", swap: "outerMorph" });
}

// A chat that was renamed needs its menu no more.
document.addEventListener("htmx:after:request", (event) => {
  const { ctx } = event.detail;
  const menu = ctx.sourceElement.closest?.(".conversation-menu");
  if (menu && ctx.response.status < 400) menu.open = false;
});

// Sending.

textarea.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
    event.preventDefault();
    send();
  } else if (event.key === "ArrowUp" && !textarea.value) {
    const edit = [...messages.querySelectorAll(".message-edit")].at(-1);
    if (edit) event.preventDefault();
    edit?.click();
  } else if (event.key === "Escape" && isRunning()) {
    document.getElementById("composer-button").click();
  }
});

function send() {
  if (!textarea.value.trim()) return;
  if (isRunning()) {
    showToast("An answer is still coming. Your text stays here.");
    return;
  }
  composer.requestSubmit();
}

document.addEventListener("click", (event) => {
  const chip = event.target.closest('button[form="try-form"]');
  if (!chip || !window.htmx) return;
  event.preventDefault();
  focusChat();
  textarea.value = chip.value;
  send();
});

// The message is drawn at once, and its text comes back if it could not be sent.

composer.addEventListener("htmx:before:request", (event) => {
  const text = event.detail.ctx.request.body.get("message");
  const bubble = document.createElement("p");
  bubble.className = "bubble";
  bubble.textContent = text;
  pending = document.createElement("article");
  pending.className = "message is-user is-pending";
  pending.append(bubble);
  messages.append(pending);
  textarea.value = "";
  forgetDraft();
  // Where there is a keyboard one types on; elsewhere it would cover the answer.
  if (matchMedia("(hover: hover)").matches) textarea.focus();
  isFollowing = true;
  follow();
});

composer.addEventListener("htmx:before:swap", () => pending?.remove());

composer.addEventListener("htmx:finally:request", (event) => {
  const { ctx } = event.detail;
  pending?.remove();
  pending = undefined;
  const failed = ctx.status !== "swapped" || ctx.response.status >= 400;
  if (failed) {
    textarea.value = [ctx.request.body.get("message"), textarea.value].filter(Boolean).join("\n");
    keepDraft();
  }
  // A new chat has its number now.
  document.querySelector('#try-form [name="conversation_id"]')?.remove();
});

// Following the answer.

let isFollowing = true;
let lastTop = 0;

const isAtEnd = () => scroller.scrollHeight - scroller.scrollTop - scroller.clientHeight < 48;

function follow() {
  if (isFollowing) scroller.scrollTop = scroller.scrollHeight;
  latest.hidden = isFollowing || isAtEnd();
}

// Only a person scrolls up; an answer that grows meanwhile does not end the following.
scroller.addEventListener("scroll", () => {
  if (isAtEnd()) isFollowing = true;
  else if (scroller.scrollTop < lastTop) isFollowing = false;
  lastTop = scroller.scrollTop;
  latest.hidden = isFollowing;
});

latest.addEventListener("click", () => {
  isFollowing = true;
  follow();
  textarea.focus();
});

const sizes = new ResizeObserver(follow);
sizes.observe(messages);
sizes.observe(scroller);

// Earlier messages appear above, and the ones in view stay where they are.
document.addEventListener("htmx:before:swap", (event) => {
  if (!event.detail.ctx.sourceElement.closest?.(".older")) return;
  const fromEnd = scroller.scrollHeight - scroller.scrollTop;
  requestAnimationFrame(() => {
    scroller.scrollTop = scroller.scrollHeight - fromEnd;
  });
});

messages.addEventListener("click", (event) => {
  const cancel = event.target.closest("[data-cancel]");
  if (!cancel || !window.htmx) return;
  event.preventDefault();
  cancel.closest(".message").removeAttribute("hx-morph-skip");
  fetchMessages();
  textarea.focus();
});

// An answer whose stream could not even begin is looked for again.
messages.addEventListener("htmx:finally:request", (event) => {
  const { ctx } = event.detail;
  const isStream = ctx.sourceElement.hasAttribute?.("hx-sse:connect");
  if (isStream && !ctx.response?.raw.ok) setTimeout(() => fetchMessages({ swap: "innerHTML" }), RETRY);
});

// Drafts.

const draft = () => `draft ${conversation()}`;
const forgetDraft = () => sessionStorage.removeItem(draft());
const keepDraft = () => {
  if (textarea.value) sessionStorage.setItem(draft(), textarea.value);
  else forgetDraft();
};
textarea.addEventListener("input", keepDraft);
textarea.value ||= sessionStorage.getItem(draft()) ?? "";
