// A file that changes a list of people: sends it, and says what became of its rows.

import { element, notice, quoted } from "./dom.js";
import { count, number, size } from "./format.js";

const form = document.getElementById("audience");
const result = document.getElementById("result");
const PARTS = { found: "somebody", merged: "whom a row before named already", unknown: "nobody who is there", rejected: "nobody that could be" };
const DAY = 86_400_000;

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  const { name, file, change, match, days } = form.elements;
  const [chosen] = file.files;
  const button = form.querySelector("button[type=submit]");
  if (!chosen || button.disabled) return;
  if (chosen.size > Number(form.dataset.limit)) return show(notice("bad", "The file is too large", `It has ${size(chosen.size)}.`));
  const query = new URLSearchParams({ name: name.value, change: change.value });
  if (days.value) query.set("expires_at", new Date(Date.now() + Number(days.value) * DAY).toISOString());
  button.disabled = true;
  show(element("p", { class: "soft" }, "Sending and reading ", quoted(chosen.name), " …"));
  const body = new FormData();
  body.append("manifest", JSON.stringify(match.value ? { match: match.value } : {}));
  body.append("file", chosen);
  try {
    const answer = await fetch(`/api/v1/segments/audience?${query}`, { method: "POST", headers: { "X-CSRF-Token": form.dataset.csrf }, body });
    const told = await answer.json();
    show(...(answer.ok ? filled(told) : refused(told.error)));
  } catch {
    show(notice("bad", "The file did not arrive", "The server could not be reached. Send it again."));
  } finally {
    button.disabled = false;
  }
});

const show = (...shown) => result.replaceChildren(...shown);

const refused = (error) => [notice("bad", error.message, element("p", {}, error.details.advice))];

function filled(told) {
  const title = element("span", {}, quoted(told.segment.name), ` has ${count(told.people, "person", "people")} now`);
  const rows = Object.entries(PARTS).filter(([part]) => told[part]).map(([part, words]) => element("li", {}, element("b", {}, number(told[part])), ` ${told[part] === 1 ? "names" : "name"} ${words}`));
  const body = [
    element("p", {}, `${count(told.added, "person", "people")} came, ${number(told.removed)} went. Of ${count(told.rows, "row")}:`),
    element("ul", {}, rows),
    told.segment.expired ? element("p", {}, "The list has expired: it is nobody until you give it more days.") : "",
    element("p", {}, element("a", { href: `/segments/${encodeURIComponent(told.segment.id)}` }, "Look at the list")),
  ];
  return [notice("good", title, body), unknown(told), ...told.problems.map(problem)].filter(Boolean);
}

function unknown(told) {
  if (!told.unknown) return null;
  const rows = told.unknown_rows.map((each) => element("li", {}, `Row ${number(each.row)}: `, quoted(each.key)));
  const more = told.unknown > rows.length ? element("p", {}, `And ${number(told.unknown - rows.length)} more.`) : null;
  return notice("warn", "Nobody is called so", element("p", {}, "Upload these people first, then add them."), element("ul", {}, rows), more);
}

const problem = (each) => notice("ask", each.title, element("p", {}, each.advice), element("p", { class: "small" }, `${count(each.count, "row")}, first row ${number(each.rows[0])}`));
