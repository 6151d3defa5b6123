// What somebody types in a condition while the conditions are made anew is not lost.

let typed = null;
let removed = false;

document.addEventListener("htmx:before:swap", () => {
  const at = document.activeElement;
  removed = Boolean(at?.matches("#rows .gone"));
  typed = at?.matches("#rows input") && at.value !== at.defaultValue ? { id: at.id, value: at.value } : null;
});
document.addEventListener("htmx:after:swap", () => {
  // Who removed a condition goes on where another one is added.
  if (removed && document.activeElement === document.body) document.querySelector("#rows [id^=add-]")?.focus();
  const at = typed && document.getElementById(typed.id);
  if (!at || at.value === typed.value) return;
  at.value = typed.value;
  at.dispatchEvent(new Event("input", { bubbles: true }));
});
