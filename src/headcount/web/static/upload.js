"use strict";

// Typing a name, or choosing a column, presses the round button that it belongs to.
for (const field of document.querySelectorAll("[data-chooses]")) {
  field.addEventListener("input", () => {
    const button = field.closest(".choice-line").querySelector('input[type="radio"]');
    if (field.value) button.checked = true;
  });
}
