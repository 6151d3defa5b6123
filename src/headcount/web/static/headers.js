// What each header of a file means and what is wrong with it: the rules of uploads/mapping.py, so that a person hears them
// before the file travels. A test compares the two for drawn headers.

const CHANNELS = new Map(["push", "sms", "email", "whatsapp"].map((channel) => [`msg-${channel}`, channel]));
const LETTERS = new Map([...CHANNELS].map(([header, channel]) => [header.replace("-", ""), channel]));
const PROHIBITED = new Set("%><!|&.:;$'\"\\#\ufffd");
const NAME_LIMIT = 120;
const OPERATION = ".operation";
const REJECTS_ROW = "row";
const REJECTS = ["Failure Code", "Failure Description"];

// What Python calls white space; JavaScript's own \s has other ends.
const SPACE = " \\t\\n\\v\\f\\r\\x1c-\\x1f\\x85\\xa0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000";
const ENDS = new RegExp(`^[${SPACE}]+|[${SPACE}]+$`, "g");
const SUFFIX = `([^\\n]*?)[${SPACE}]*<([^<>]*)>`;
const WITH_FORMAT = new RegExp(`^${SUFFIX}$`);
const LIKE_IDENTITY = new RegExp(
  "^(((customer|user|client|member|profile|person|contact|account|object|external)[ _-]*|g?u|uu)?(id|identity|identifier)" +
    "|e-?mail([ _-]*address)?|(mobile|phone)([ _-]*(number|no))?)$",
  "iu",
);
const FORMAT_PARTS = /yyyy|MMM|MM|dd|HH|mm|ss|SSS|'[^']*'|[^A-Za-z']|[^\n]/gu;
const FORMAT_LETTERS = new Set(["yyyy", "MMM", "MM", "dd", "HH", "mm", "ss", "SSS"]);
const FORMAT_WORDS = new Set(["unix", "unix time", "epoch", "iso", "iso8601", "iso 8601", "iso-8601"]);

const strip = (text) => text.replace(ENDS, "");
// Python's casefold, as far as a letter of ours can come of it: the dotless i is the one that upper case changes and casefold does not.
const fold = (text) => [...text].map((c) => (c === "ı" ? c : c.toUpperCase().toLowerCase())).join("");

/** The spreadsheet letter of a column that is counted from 0. */
export function letter(index) {
  return (index >= 26 ? letter(Math.floor(index / 26) - 1) : "") + String.fromCharCode(65 + (index % 26));
}

/** A header on one line, without a byte order mark, blanks at its ends and the spreadsheet escape. */
export function title(header) {
  const text = strip(strip(header).replace(/^\ufeff+/, "").replace(/[\x00-\x1f\x7f]+/g, " "));
  return /^'[=+\-@\t\r]/.test(text) ? text.slice(1) : text;
}

const channelOf = (name) => CHANNELS.get(fold(name));
const nearMiss = (name) => (channelOf(name) ? undefined : LETTERS.get((fold(name).match(/[\p{L}\p{N}]/gu) ?? []).join("")));

/** What is wrong with a date format; nothing where it is one. */
export function formatFault(name) {
  const word = fold(strip(name));
  if (FORMAT_WORDS.has(word) || word.startsWith("$d_")) return "";
  const asked = strip(name);
  const parts = asked.match(FORMAT_PARTS) ?? [];
  const wrong = parts.find((part) => !FORMAT_LETTERS.has(part) && /^\p{L}/u.test(part));
  if (wrong) return `“${wrong}” in the date format “${asked}” means nothing; the letters are yyyy MM MMM dd HH mm ss SSS`;
  const seen = new Set(parts);
  if (seen.has("yyyy") && seen.has("dd") && (seen.has("MM") || seen.has("MMM"))) return "";
  return `the date format “${asked}” needs a year (yyyy), a month (MM or MMM) and a day (dd)`;
}

/**
 * The meaning of each header: {columns: [{index, letter, header, name, role, channel, format}], problems: [{code, header, letter,
 * detail}], suggested: [columns that may be the identity], notices: [code]}. Roles: identity property consent operation skip.
 */
export function resolve(headers) {
  const names = headers.map(title);
  const rejects = rejectsColumns(names);
  const columns = [];
  const problems = [];
  names.forEach((header, index) => {
    const [column, faults] = rejects.has(index) ? [{ index, header, name: "", role: "skip" }, []] : meaning(index, header, names);
    columns.push({ ...column, letter: letter(index) });
    problems.push(...faults.map(([code, detail]) => ({ code, header, letter: letter(index), detail })));
  });
  problems.push(...duplicates(columns));
  const found = columns.some((column) => column.role === "identity");
  if (!found) problems.push({ code: "identity_missing", header: "", letter: "", detail: "" });
  const first = columns.find((column) => !rejects.has(column.index));
  const notices = found && first.role !== "identity" ? ["identity_not_first"] : [];
  return { columns, problems, suggested: found ? [] : suggested(columns), notices };
}

function rejectsColumns(names) {
  const times = Math.min(...REJECTS.map((name) => names.filter((other) => other === name).length));
  if (!times) return new Set();
  return new Set(names.map((_, i) => i).filter((i) => REJECTS.includes(names[i]) || (i < times && names[i] === REJECTS_ROW)));
}

function meaning(index, header, names) {
  if (header.endsWith(OPERATION)) return operation(index, header, names);
  const [, before, format] = header.match(WITH_FORMAT) ?? [header, header, ""];
  const name = title(before);
  const column = { index, header, name, format, role: "property" };
  const channel = channelOf(name);
  const near = nearMiss(name);
  if (near) return [{ ...column, role: "skip" }, [["consent_near_miss", `MSG-${near}`]]];
  const faults = nameFaults(name);
  const wrong = format && formatFault(format);
  if (wrong) faults.push(["header_format", wrong]);
  if (channel) return [{ ...column, role: "consent", channel }, faults];
  return [name === "identity" ? { ...column, role: "identity" } : column, faults];
}

function operation(index, header, names) {
  const base = strip(header.slice(0, -OPERATION.length));
  const target = names.find((name) => base === name || base === name.replace(new RegExp(SUFFIX, "g"), "$1"));
  if (target === undefined) return [{ index, header, name: "", role: "skip" }, [["operation_without_column", `“${base}”`]]];
  return [{ index, header, name: target, role: "operation" }, []];
}

function nameFaults(name) {
  const signs = [...name];
  const bad = new Set(signs.filter((sign) => PROHIBITED.has(sign)));
  const faults = [];
  if (!name) faults.push(["header_blank", ""]);
  else if (bad.size) faults.push(["header_prohibited_character", [...bad].map((sign) => `“${sign}”`).join(" ")]);
  if (signs.length > NAME_LIMIT) faults.push(["header_too_long", ""]);
  return faults;
}

function duplicates(columns) {
  const first = new Map();
  const found = [];
  for (const column of columns.filter((c) => c.role !== "skip" && c.name)) {
    const sets = column.role === "operation" ? column.name + OPERATION : column.channel ? `MSG-${column.channel}` : column.name;
    const before = first.get(sets);
    if (!before) first.set(sets, column);
    else found.push({ code: "header_duplicate", header: column.header, letter: column.letter, detail: both(before, column) });
  }
  return found;
}

function both(before, column) {
  const consent = column.channel ? `the consent for ${column.channel}` : `“${column.name}”`;
  const what = column.role === "operation" ? `the operation of “${column.name}”` : consent;
  return `Column ${before.letter} “${before.header}” sets ${what}, too`;
}

function suggested(columns) {
  const usable = columns.filter((column) => column.role === "property" && column.header);
  // To Python these two are an i where case is ignored.
  const likely = usable.filter((column) => LIKE_IDENTITY.test(column.header.replace(/[ıİ]/g, "i")));
  return likely.length ? likely : usable.slice(0, 1);
}

/** One sentence that names the header, its column and the way out; `words` has title and advice by code. */
export function message(problem, words) {
  const kind = words[problem.code];
  const place = problem.letter ? ` (column ${problem.letter}: “${problem.header}”)` : "";
  return `${kind.title}${place}. ${advice(problem, words)}`;
}

/** The way out alone. */
export function advice(problem, words) {
  const filled = { "{detail}": problem.detail, "{value}": problem.header };
  return words[problem.code].advice.replace(/\{detail\}|\{value\}/g, (name) => filled[name]);
}
