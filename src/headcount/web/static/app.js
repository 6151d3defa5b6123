"use strict";

// Small comforts. Every page works without them.

// A menu closes when somebody clicks beside it, or presses Escape.
document.addEventListener("click", (event) => {
  for (const menu of document.querySelectorAll("details.menu[open]")) {
    if (!menu.contains(event.target)) menu.open = false;
  }
});
document.addEventListener("keydown", (event) => {
  const menu = event.key === "Escape" && document.querySelector("details.menu[open]");
  if (menu) {
    menu.open = false;
    menu.querySelector("summary").focus();
  }
});

// A form that was sent is not sent twice. The page that comes back from the history can send again.
document.addEventListener("submit", (event) => {
  const form = event.target;
  // A file that comes back leaves the page as it is, and can be asked for again.
  if (form.method !== "post" || event.defaultPrevented || "download" in form.dataset) return;
  if (form.dataset.sent) return event.preventDefault();
  form.dataset.sent = "yes";
});
window.addEventListener("pageshow", () => {
  for (const form of document.querySelectorAll("form[data-sent]")) delete form.dataset.sent;
});

// What somebody chose or typed before the fields of a page could listen is said once more.
document.addEventListener("htmx:after:process", ({ target }) => {
  if (target !== document.body) return;
  for (const field of document.querySelectorAll("[hx-trigger] :is(input, select, textarea), :is(input, select, textarea)[hx-trigger]")) {
    if (!differs(field)) continue;
    for (const kind of ["input", "change"]) field.dispatchEvent(new Event(kind, { bubbles: true }));
  }
});

/** Whether a field says something else than when the page came. */
function differs(field) {
  if (field.options) return field.selectedIndex !== Math.max(0, [...field.options].findIndex((option) => option.defaultSelected));
  return field.value !== field.defaultValue || field.checked !== field.defaultChecked;
}

// Copy a secret that is shown once.
for (const button of document.querySelectorAll("[data-copy]")) {
  if (!navigator.clipboard) continue;
  button.hidden = false;
  button.addEventListener("click", async () => {
    await navigator.clipboard.writeText(document.getElementById(button.dataset.copy).textContent);
    button.textContent = "Copied";
  });
}
