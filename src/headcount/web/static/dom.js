// Elements from texts. What a file says becomes text, never markup.

/** An element with attributes and children; a child that is a string is text, one that is null is left out. */
export function element(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (value !== null && value !== false) made.setAttribute(key, value === true ? "" : value);
  }
  made.append(...children.flat().filter((child) => child !== null && child !== undefined && child !== ""));
  return made;
}

const HIDDEN = /[\x00-\x1f\x7f-\x9f\xad\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff]/g;
const PICTURES = { "\t": "⇥", "\n": "↵", "\r": "␍" };

/** A text of somebody else on one line: nothing hidden, its direction kept to itself. */
export function quoted(text, most = 200) {
  const shown = text.length > most ? `${text.slice(0, most)}…` : text;
  return element("bdi", {}, shown.replace(HIDDEN, (sign) => PICTURES[sign] ?? `⟨U+${sign.charCodeAt(0).toString(16).toUpperCase().padStart(4, "0")}⟩`));
}

/** A box with a title and what belongs to it; tones good info ask bad quiet. */
export function notice(tone, title, ...body) {
  const shown = body.flat().filter(Boolean);
  const inner = shown.length ? element("div", { class: "body stack-s" }, shown) : null;
  return element("div", { class: `notice ${tone}` }, element("p", { class: "title" }, title), inner);
}
