// The first bytes of a file as text and rows, before anything travels. Nothing here is the last word: the server reads the whole file.

/** How much of a file is looked at, in bytes of text. */
export const LOOK = 1 << 20;
const TRIAL = 1 << 18;
const ROWS = 20000;
// A cell in quotes goes on for so many characters at most; a quote that leads further never closes.
const CELL = 1 << 16;
const DELIMITERS = [",", ";", "\t", "|"];

const EXPORT = "Open it in the program it comes from and save or export it as CSV.";
const SHEET = "Open it in the spreadsheet and choose Save as, CSV UTF-8.";
const BINARIES = [
  ["\x89PNG\r\n\x1a\n", "a PNG image"],
  ["\xff\xd8\xff", "a JPEG image"],
  ["GIF8", "a GIF image"],
  ["%PDF-", "a PDF document"],
  ["{\\rtf", "a rich text document"],
  ["\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "an old Excel or Word document"],
  ["PAR1", "a Parquet file"],
  ["ARROW1", "an Arrow file"],
  ["SQLite format 3\x00", "an SQLite database"],
  ["BZh", "a bzip2 archive"],
  ["\xfd7zXZ\x00", "an xz archive"],
  ["\x28\xb5\x2f\xfd", "a zstd archive"],
  ["7z\xbc\xaf\x27\x1c", "a 7-Zip archive"],
  ["Rar!\x1a\x07", "a RAR archive"],
  ["\x7fELF", "a program"],
  ["MZ\x90\x00", "a program"],
];
const DOCUMENTS = [
  [/^(xl\/|\[Content_Types\]\.xml)/, "an Excel workbook or another Office document", SHEET],
  [/^(word|ppt)\//, "a Word or PowerPoint document", EXPORT],
  [/^(mimetype|content\.xml)/, "an OpenDocument file", "Open it in the spreadsheet and choose Save as, Text CSV."],
];
const MARKS = [
  ["\xef\xbb\xbf", "utf-8", 3],
  ["\xff\xfe\x00\x00", "", 4],
  ["\x00\x00\xfe\xff", "", 4],
  ["\xff\xfe", "utf-16le", 2],
  ["\xfe\xff", "utf-16be", 2],
];

/** A file that cannot be used: `code` as in the catalogue of problems, a sentence, the way out. */
export class Refused extends Error {
  constructor(code, text, advice) {
    super(text);
    this.code = code;
    this.advice = advice;
  }
}

/**
 * What the first bytes of a file say: {encoding, packed, delimiter, quote, header, headerRow, rows: [{row, cells}], wrong: [{row, fields}],
 * looked, whole}; {unread: why} where only the server can look. Raises Refused. `preview` rows are given, faults counted in all looked at.
 */
export async function look(file, limit, preview = 15) {
  if (!file.size) throw new Refused("file_empty", "The file is empty.", "Export it again and check its size.");
  if (file.size > limit) throw tooLarge(limit);
  const head = await bytes(file.slice(0, LOOK));
  const start = binary(head.subarray(0, 64));
  if (start.startsWith("PK\x03\x04") || start.startsWith("PK\x05\x06")) return zip(head);
  if (!start.startsWith("\x1f\x8b")) return text(head, head.length === file.size, false, preview);
  const plain = await unpacked(file);
  return text(plain.bytes, plain.whole, true, preview);
}

const tooLarge = (limit) =>
  new Refused("file_too_large", `The file is larger than the limit of ${limit.toLocaleString("en")} bytes.`, "Split it into several files, or pack it with gzip.");
const bytes = async (blob) => new Uint8Array(await blob.arrayBuffer());
const binary = (data) => String.fromCharCode(...data);

/** The names that the local headers of a zip show, without unpacking it. */
function zip(head) {
  const names = [];
  for (let at = 0; at + 30 < head.length && names.length < 50; at += 1) {
    if (head[at] === 0x50 && head[at + 1] === 0x4b && head[at + 2] === 3 && head[at + 3] === 4) {
      names.push(binary(head.subarray(at + 30, at + 30 + head[at + 26] + 256 * head[at + 27])));
    }
  }
  for (const [pattern, what, way] of DOCUMENTS) {
    if (names.some((name) => pattern.test(name))) throw new Refused("file_not_csv", `The file is ${what}, not a CSV file.`, way);
  }
  return { unread: "It is a zip archive. What is in it is looked at on the server, after the transfer." };
}

async function unpacked(file) {
  const reader = file.stream().pipeThrough(new DecompressionStream("gzip")).getReader();
  const parts = [];
  let size = 0;
  try {
    while (size < LOOK) {
      const { done, value } = await reader.read();
      if (done) return { bytes: joined(parts, size), whole: true };
      parts.push(value);
      size += value.length;
    }
  } catch {
    throw new Refused("archive_invalid", "The gzip archive is broken.", "Make the archive again, or upload the plain CSV.");
  }
  reader.cancel().catch(() => {});
  return { bytes: joined(parts, size), whole: false };
}

function joined(parts, size) {
  const all = new Uint8Array(size);
  parts.reduce((at, part) => (all.set(part, at), at + part.length), 0);
  return all;
}

function text(data, whole, packed, preview) {
  const start = binary(data.subarray(0, 64));
  if (!data.length) throw new Refused("file_empty", "The file is empty.", "Export it again and check its size.");
  const found = BINARIES.find(([magic]) => start.startsWith(magic));
  if (found) throw new Refused("file_not_csv", `The file is ${found[1]}, not a CSV file.`, EXPORT);
  const read = decoded(data, whole, start);
  if (!read) return { unread: "Its encoding is one that only the server reads; it is looked at after the transfer." };
  return { ...rows(read.text, whole, preview), encoding: read.encoding, packed };
}

function decoded(data, whole, start) {
  const mark = MARKS.find(([sign]) => start.startsWith(sign));
  if (mark) return mark[1] && { encoding: mark[1], text: new TextDecoder(mark[1]).decode(data.subarray(mark[2]), { stream: !whole }) };
  const zeros = [0, 0];
  const head = data.subarray(0, 4096);
  head.forEach((byte, index) => (zeros[index % 2] += byte === 0 ? 1 : 0));
  const [even, odd] = zeros.map((count) => count / (head.length / 2));
  const plain = !head.some((byte) => byte && isControl(byte));
  if (plain && odd > 0.4 && even < 0.1) return { encoding: "utf-16le", text: new TextDecoder("utf-16le").decode(data, { stream: !whole }) };
  if (plain && even > 0.4 && odd < 0.1) return { encoding: "utf-16be", text: new TextDecoder("utf-16be").decode(data, { stream: !whole }) };
  if (controls(head)) throw new Refused("file_not_csv", "The file holds bytes that no text has, such as NUL.", EXPORT);
  try {
    return { encoding: "utf-8", text: new TextDecoder("utf-8", { fatal: true }).decode(data, { stream: !whole }) };
  } catch {
    // A few bytes that are none of UTF-8 cost their rows, not the encoding.
    const read = new TextDecoder("utf-8").decode(data);
    const count = (pattern) => (read.match(pattern) ?? []).length;
    if (count(/[^\x00-\x7f\ufffd]/gu) >= count(/\ufffd/g)) return { encoding: "utf-8", text: read };
    return { encoding: "windows-1252", text: new TextDecoder("windows-1252").decode(data) };
  }
}

const isControl = (byte) => byte < 9 || (byte > 13 && byte < 32 && byte !== 27);

/** Whether the bytes are no text: NUL and control bytes begin in the first line and are many, or are of many kinds. */
function controls(head) {
  if (head.length < 256) return false;
  const found = head.filter((byte) => byte && isControl(byte));
  const zeros = head.filter((byte) => byte === 0).length;
  const end = head.findIndex((byte) => byte === 10 || byte === 13);
  const begins = head.subarray(0, end < 0 ? head.length : end).some(isControl);
  return (found.length > (head.length - zeros) / 20 && new Set(found).size > 4) || (begins && found.length + zeros > head.length / 10);
}

function rows(all, whole, preview) {
  const separator = all.match(/^"?sep=([^\w\s"']|\t)"?[ \t]*(\r\n|\n|\r|$)/i);
  const body = separator ? all.slice(separator[0].length) : all;
  if (!body.replace(/[\s\ufeff]+/g, "")) throw separator ? noHeader() : blank();
  const dialect = detected(body, separator?.[1], whole);
  const parsed = parse(body, dialect, whole, ROWS);
  const at = parsed.findIndex((record) => !isBlank(record));
  if (at < 0) throw blank();
  const head = parsed[at];
  if (head.broken) throw new Refused("header_missing", `The header in row ${head.row} cannot be read: its quoting is broken.`, "Mend the quotes of the first row.");
  const data = parsed.slice(at + 1).filter((record) => !isBlank(record));
  const wrong = data.filter((record) => record.broken || record.cells.length !== head.cells.length);
  return {
    ...dialect,
    header: head.cells,
    headerRow: head.row,
    rows: data.slice(0, preview).map(({ row, cells }) => ({ row, cells })),
    wrong: wrong.map(({ row, cells, broken }) => ({ row, fields: cells.length, broken })),
    looked: data.length,
    whole: whole && parsed.length < ROWS,
  };
}

const blank = () => new Refused("file_empty", "The file holds nothing but blanks.", "Export it again; the first row must name the columns.");
const noHeader = () => new Refused("header_missing", "Nothing follows the sep= line.", "Export it again; the first row must name the columns.");
const isBlank = (record) => record.cells.length === 1 && !record.broken && /^[ \t\xa0]*$/.test(record.cells[0]);

/** The dialect in which the text is the most regular table: {delimiter, quote, escape}. */
export function detected(body, given, whole = true) {
  const sample = body.slice(0, TRIAL);
  const all = whole && sample.length === body.length;
  const double = best(sample, given, '"', all);
  const single = sample.includes("'") ? best(sample, given, "'", all) : null;
  const clearly = single && !double.quoted && single.quoted && (single.fit > double.fit || (single.quoted >= 0.5 && single.fit >= 0.7));
  return (clearly ? single : double).dialect;
}

function best(sample, given, quote, whole) {
  const trials = (given ? [given] : DELIMITERS).map((delimiter) => {
    const plain = attempt(sample, { delimiter, quote, escape: quote }, whole);
    const slashed = sample.includes("\\") ? attempt(sample, { delimiter, quote, escape: "\\" }, whole) : plain;
    return slashed.faults < plain.faults ? slashed : plain;
  });
  const order = (one, other) => other.score - one.score || other.width - one.width;
  const [first] = [...trials].sort(order);
  if (first.dialect.delimiter !== "," || first.width === 1 || !decimalCommas(sample)) return first;
  const rivals = trials.filter((trial) => trial.width > 1 && trial.fit >= first.fit);
  return rivals.sort((a, b) => (a.dialect.delimiter === ",") - (b.dialect.delimiter === ",") || b.score - a.score)[0];
}

function attempt(sample, dialect, whole) {
  const records = parse(sample, dialect, whole, 2000).filter((record) => !isBlank(record));
  if (!records.length) return { dialect, width: 1, fit: 0, faults: 0, quoted: 0, score: 0 };
  const [head, ...data] = records;
  const width = head.cells.length;
  const fit = data.length ? data.filter((record) => !record.broken && record.cells.length === width).length / data.length : 1;
  const count = (key) => records.reduce((sum, record) => sum + Number(record[key]), 0);
  return { dialect, width, fit, faults: count("broken"), quoted: count("quoted") / records.length, score: fit * (1 - 1 / width) };
}

function decimalCommas(sample) {
  const commas = [...sample.slice(sample.indexOf("\n")).matchAll(/(.?),(.?)/gs)];
  return commas.length > 0 && commas.filter(([, a, b]) => /\d/.test(a) && /\d/.test(b)).length > 0.9 * commas.length;
}

/**
 * The records of a text: [{row, cells, broken, quoted}], rows counted as a spreadsheet does. A quote that never closes costs its own
 * line. What is cut off at the end of a text that is not `whole` is left out.
 */
export function parse(body, dialect, whole, most) {
  const records = [];
  let at = 0;
  while (at < body.length && records.length < most) {
    let record = one(body, at, dialect);
    const cut = record.end >= body.length && !record.closed;
    if (cut && !whole) break;
    if (record.open) record = line(body, at);
    records.push({ row: records.length + 1, cells: record.cells, broken: Boolean(record.broken), quoted: record.quoted ?? 0 });
    at = record.end;
  }
  return records;
}

function lineEnd(body, at) {
  for (let i = at; i < body.length; i += 1) {
    if (body[i] === "\n") return [i, i + 1];
    if (body[i] === "\r") return [i, body[i + 1] === "\n" ? i + 2 : i + 1];
  }
  return [body.length, body.length];
}

function line(body, at) {
  const [stop, end] = lineEnd(body, at);
  return { cells: [body.slice(at, stop)], end, broken: true };
}

function one(body, start, { delimiter, quote, escape }) {
  const cells = [];
  let at = start;
  let quoted = 0;
  for (;;) {
    let open = at;
    while (body[open] === " ") open += 1;
    let cell;
    if (body[open] === quote) {
      const closed = inside(body, open + 1, quote, escape);
      if (!closed) return { cells, end: open + CELL < body.length ? start : body.length, open: true };
      cell = closed.text;
      quoted += 1;
      at = closed.end;
      while (body[at] === " ") at += 1;
      if (at < body.length && body[at] !== delimiter && body[at] !== "\n" && body[at] !== "\r") return { ...line(body, start), quoted };
    } else {
      const from = at;
      while (at < body.length && body[at] !== delimiter && body[at] !== "\n" && body[at] !== "\r") at += 1;
      cell = body.slice(from, at);
    }
    cells.push(cell);
    if (body[at] !== delimiter) {
      const [, end] = lineEnd(body, at);
      return { cells, end, quoted, closed: at < body.length };
    }
    at += 1;
  }
}

function inside(body, start, quote, escape) {
  let text = "";
  let from = start;
  const last = Math.min(body.length, start + CELL);
  for (let at = start; at < last; at += 1) {
    const sign = body[at];
    if (sign === "\\" && escape === "\\" && at + 1 < body.length) {
      text += body.slice(from, at);
      if (body[at + 1] !== quote && body[at + 1] !== "\\") text += "\\";
      from = at + 1;
      at += 1;
    } else if (sign === quote) {
      if (body[at + 1] !== quote) return { text: text + body.slice(from, at), end: at + 1 };
      text += body.slice(from, at + 1);
      from = at + 2;
      at += 1;
    }
  }
  return null;
}
