// New upload: looks at the file before it travels, sends it, and goes on to its page.

import { look, Refused } from "./csv.js";
import { element, notice, quoted } from "./dom.js";
import { count, left, number, size } from "./format.js";
import { advice, letter, resolve } from "./headers.js";

const page = document.getElementById("new-upload");
const words = JSON.parse(page.dataset.words);
const part = (id) => document.getElementById(id);
const [drop, input, status, found, form, name, sending, bar, told, spoken] = [
  "drop", "file", "status", "found", "send", "name", "sending", "bar", "told", "spoken",
].map(part);

const DELIMITERS = { ",": "comma", ";": "semicolon", "\t": "tab", "|": "vertical bar" };
let chosen = null;
let request = null;

// ── Choosing ────────────────────────────────────────────────────────────────

input.addEventListener("change", () => choose(input.files));
for (const kind of ["dragenter", "dragover"]) document.addEventListener(kind, (event) => hover(event, true));
for (const kind of ["dragleave", "drop"]) document.addEventListener(kind, (event) => hover(event, false));
document.addEventListener("drop", (event) => choose(event.dataTransfer.files));

function hover(event, over) {
  if (!event.dataTransfer?.types.includes("Files")) return;
  event.preventDefault();
  drop.classList.toggle("over", over && !request);
}

async function choose(files) {
  if (!files.length || request) return;
  const [file] = files;
  chosen = null;
  form.hidden = true;
  drop.classList.remove("small");
  found.replaceChildren();
  if (files.length > 1) return refuse(new Refused("", `These are ${files.length} files.`, "Choose one; each file becomes an upload of its own."));
  status.replaceChildren("Looking at ", quoted(file.name), " …");
  let seen;
  try {
    seen = await look(file, Number(page.dataset.limit));
  } catch (error) {
    const gone = new Refused("", "The file cannot be read.", "It may have been moved or changed since you chose it. Choose it again.");
    return refuse(error instanceof Refused ? error : gone);
  }
  chosen = file;
  drop.classList.add("small");
  name.value = file.name.replace(/\.(gz|zip)$/i, "").replace(/\.[^.]+$/, "") || file.name;
  form.hidden = false;
  show(file, seen);
}

function refuse(error) {
  status.replaceChildren(notice("bad", error.message, element("p", {}, error.advice)));
  input.value = "";
}

// ── What the file says ──────────────────────────────────────────────────────

function show(file, seen) {
  if (seen.unread) {
    status.replaceChildren(notice("info", "Ready to upload", element("p", {}, seen.unread)));
    found.replaceChildren(facts([["File", quoted(file.name)], ["Size", size(file.size)]]));
    return;
  }
  const meant = resolve(seen.header);
  status.replaceChildren(verdict(meant, seen));
  found.replaceChildren(
    facts(factsOf(file, seen)),
    ...(meant.problems.length ? [faults(meant, seen)] : []),
    ...(seen.wrong.length ? [wrongRows(seen)] : []),
    preview(seen, meant),
  );
}

function verdict(meant, seen) {
  const open = meant.problems.length;
  if (open) {
    const title = open === 1 ? "One header needs an answer" : `${number(open)} headers need an answer`;
    return notice("ask", title, element("p", {}, "You can upload all the same: you will be asked about these columns before anything changes."));
  }
  const identity = meant.columns.find((column) => column.role === "identity");
  const text = [`Column ${identity.letter} names the person. `];
  if (meant.notices.length) text.push("The identity is not the first column; that is accepted. ");
  const consent = meant.columns.filter((column) => column.role === "consent").map((column) => column.channel);
  if (consent.length) text.push(`Consent changes for ${consent.join(", ")}: false opts out, true re-subscribes. `);
  if (!seen.looked) text.push("There are no rows below the header.");
  return notice("good", "The headers are in order", element("p", {}, text.join("").trim()));
}

function factsOf(file, seen) {
  const rows = count(seen.looked, "row");
  return [
    ["File", quoted(file.name)],
    ["Size", size(file.size) + (seen.packed ? ", packed" : "")],
    ["Columns", number(seen.header.length)],
    ["Rows", seen.whole ? number(seen.looked) : `more than ${rows.split(" ")[0]}`],
    ["Separated by", DELIMITERS[seen.delimiter] ?? `“${seen.delimiter}”`],
    ["Encoding", `${seen.encoding}${seen.encoding === "windows-1252" ? ", probably" : ""}`],
  ];
}

function facts(pairs) {
  const items = pairs.map(([term, value]) => element("div", {}, element("dt", {}, term), element("dd", {}, value)));
  return element("dl", { class: "facts card" }, items);
}

function faults(meant, seen) {
  const list = meant.problems.map((problem) =>
    element(
      "li",
      { class: "problem" },
      element("h3", {}, words[problem.code].title),
      problem.letter ? element("p", { class: "soft small" }, `Column ${problem.letter}, row ${seen.headerRow}: `, shownHeader(problem.header)) : null,
      element("p", {}, quoted(advice(problem, words), 1000), problem.code === "identity_missing" ? whoIsIt(meant) : null),
    ),
  );
  return element("section", { class: "card" }, element("h2", {}, "Headers to look at"), element("ul", { class: "plain-list" }, list));
}

const shownHeader = (text) => (text ? element("strong", {}, "“", quoted(text, 80), "”") : element("strong", {}, "no name"));

function whoIsIt(meant) {
  const likely = meant.suggested.slice(0, 5).flatMap((column, index) => [index ? ", " : " It may be ", shownHeader(column.header), ` (column ${column.letter})`]);
  return element("span", {}, likely, likely.length ? "." : null, " Or name the column identity in the file.");
}

function wrongRows(seen) {
  const width = count(seen.header.length, "field");
  const first = seen.wrong.slice(0, 8).map(({ row, fields, broken }) => `row ${number(row)} ${broken ? "has a broken quote" : `has ${number(fields)}`}`);
  const more = seen.wrong.length > 8 ? ", …" : "";
  return notice(
    "ask",
    `${count(seen.wrong.length, "row")} of the first ${number(seen.looked)} ${seen.wrong.length === 1 ? "does" : "do"} not fit the header`,
    element("p", {}, `The header has ${width}; ${first.join(", ")}${more}.`),
    element("p", {}, "Such rows are rejected and listed with the way to mend them; all others are applied."),
  );
}

function preview(seen, meant) {
  const wrong = new Set(meant.problems.map((problem) => problem.letter));
  const head = meant.columns.map((column) =>
    element("th", { scope: "col", class: wrong.has(column.letter) ? "fault" : null }, element("span", { class: "under" }, column.letter), shownHead(column.header)),
  );
  const body = seen.rows.map(({ row, cells }) =>
    element("tr", {}, element("th", { scope: "row", class: "num soft" }, number(row)), cells.slice(0, head.length).map((cell) => element("td", {}, quoted(cell, 60)))),
  );
  const table = element("table", { class: "table preview" }, element("thead", {}, element("tr", {}, element("th", { scope: "col", class: "num" }, "row"), head)), element("tbody", {}, body));
  const scroll = element("div", { class: "scroll", role: "region", "aria-label": "Preview of the first rows", tabindex: "0" }, table);
  return element("section", { class: "card flush" }, element("h2", { class: "inset" }, { 0: "No rows", 1: "The first row" }[seen.rows.length] ?? `The first ${seen.rows.length} rows`), scroll);
}

const shownHead = (header) => (header ? quoted(header, 60) : element("em", {}, "no name"));

// ── Sending ─────────────────────────────────────────────────────────────────

form.addEventListener("submit", (event) => {
  event.preventDefault();
  if (chosen && !request) send(chosen);
});
part("stop").addEventListener("click", () => request?.abort());
window.addEventListener("beforeunload", (event) => {
  if (request) event.preventDefault();
});

function send(file) {
  request = new XMLHttpRequest();
  request.open("POST", `/api/v1/uploads?name=${encodeURIComponent(name.value.trim() || file.name)}&review=true&wait=0`);
  request.setRequestHeader("Content-Type", kind(file));
  request.setRequestHeader("X-File-Name", encodeURIComponent(file.name));
  request.setRequestHeader("X-CSRF-Token", page.dataset.csrf);
  request.responseType = "json";
  const pace = paced(file.size);
  request.upload.addEventListener("progress", (event) => pace(event.loaded));
  request.addEventListener("load", () => ended(request));
  request.addEventListener("error", () => broken("The connection broke.", "Nothing was stored. Check the network, then try again; or choose the file again, if it was changed meanwhile."));
  request.addEventListener("abort", () => broken("You stopped the transfer.", "Nothing was stored."));
  sent(true);
  pace(0);
  part("stop").focus();
  request.send(file);
}

function kind(file) {
  if (/\.gz$/i.test(file.name)) return "application/gzip";
  return /\.zip$/i.test(file.name) ? "application/zip" : "text/csv";
}

function sent(on) {
  form.hidden = on;
  drop.hidden = on;
  sending.hidden = !on;
  status.hidden = on;
}

/** Shows how far it is: the rate of the last seconds, spoken at every tenth. */
function paced(total) {
  const marks = [];
  let tenth = -1;
  return (loaded) => {
    const now = performance.now() / 1000;
    marks.push([now, loaded]);
    while (marks.length > 2 && now - marks[0][0] > 5) marks.shift();
    const [[since, before]] = marks;
    const rate = now > since ? (loaded - before) / (now - since) : 0;
    bar.value = total ? loaded / total : 1;
    const rest = loaded >= total ? "the server is taking the rest" : left(rate ? (total - loaded) / rate : null);
    told.textContent = [`${size(loaded)} of ${size(total)}`, rate && loaded < total ? `${size(rate)} a second` : "", rest].filter(Boolean).join(" · ");
    if (Math.floor((10 * loaded) / total) > tenth) {
      tenth = Math.floor((10 * loaded) / total);
      spoken.textContent = `${tenth * 10} percent sent`;
    }
  };
}

function ended(done) {
  const answer = done.response;
  if (done.status === 201 && answer?.upload) {
    request = null;
    location.assign(`/uploads/${encodeURIComponent(answer.upload.id)}`);
    return;
  }
  if (done.status === 401) return broken("You were signed out.", "Sign in again, then choose the file again.", element("p", {}, element("a", { href: "/sign-in?next=/uploads/new" }, "Sign in")));
  const said = answer?.error;
  const busy = done.status === 429 || done.status >= 500 ? "Wait a moment, then try again." : "Mend the file or choose another.";
  broken(said?.message ?? `The server answered ${done.status}.`, said?.details?.advice || busy);
}

function broken(title, way, more = null) {
  request = null;
  sent(false);
  const again = element("button", { class: "button plain small", type: "button" }, "Try again");
  again.addEventListener("click", () => chosen && send(chosen));
  status.replaceChildren(notice("bad", title, element("p", {}, way), more ?? element("p", {}, again)));
  status.scrollIntoView({ block: "nearest" });
}
