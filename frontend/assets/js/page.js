// What every page does: it says that scripts run, and fills in the browser's time zone.

document.documentElement.classList.add("has-script");

/** The browser's time zone, an IANA name; empty when it does not say. */
export const timeZone = () => Intl.DateTimeFormat().resolvedOptions().timeZone ?? "";

for (const field of document.querySelectorAll("[data-time-zone]")) field.value = timeZone();
