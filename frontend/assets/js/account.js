// The pages about the account: forms that are sent once, the device's time zone, notifications.

import { timeZone } from "./page.js";

document.addEventListener("submit", (event) => {
  const form = event.target;
  if (!form.matches("[data-once]")) return;
  if (form.ariaBusy === "true") event.preventDefault();
  form.ariaBusy = "true";
});

// A page that comes back from the browser's memory can be sent again.
window.addEventListener("pageshow", () => {
  for (const form of document.querySelectorAll("[data-once]")) form.ariaBusy = null;
});

document.querySelector(".error-summary")?.focus();

document.querySelector("[data-use-time-zone]")?.addEventListener("click", () => {
  const select = document.getElementById("time-zone");
  const zone = timeZone();
  if (![...select.options].some((option) => option.value === zone)) return;
  select.value = zone;
  select.focus();
});

document.querySelector("[data-copy]")?.addEventListener("click", async ({ target }) => {
  const field = document.getElementById(target.dataset.copy);
  field.select();
  await navigator.clipboard.writeText(field.value);
  target.textContent = "Copied";
});

const button = document.querySelector("[data-notifications]");
const state = document.querySelector("[data-notifications-state]");

function showPermission() {
  if (!("Notification" in window)) {
    state.textContent = "This browser cannot show notifications.";
    return;
  }
  button.hidden = Notification.permission !== "default";
  state.textContent = {
    granted: "Notifications are allowed in this browser.",
    denied: "Notifications are blocked in this browser; its site settings can allow them.",
    default: "It can also show a notification.",
  }[Notification.permission];
}

if (button) {
  showPermission();
  button.addEventListener("click", async () => {
    await Notification.requestPermission();
    showPermission();
  });
}
