// Numbers, sizes and spans of time in words, as the pages say them.

const UNITS = ["kB", "MB", "GB", "TB"];

/** 1,234 */
export const number = (value) => Math.round(value).toLocaleString("en");

/** 27.8 kB */
export function size(value) {
  let amount = value;
  let unit = "bytes";
  for (const larger of UNITS) {
    if (amount < 1000) break;
    amount /= 1000;
    unit = larger;
  }
  return unit === "bytes" ? `${number(value)} bytes` : `${amount.toFixed(1)} ${unit}`;
}

/** How long something takes yet: "about 2 minutes left". */
export function left(seconds) {
  if (seconds === null || !Number.isFinite(seconds)) return "";
  if (seconds < 5) return "a few seconds left";
  if (seconds < 60) return `about ${Math.ceil(seconds / 5) * 5} seconds left`;
  const minutes = Math.round(seconds / 60);
  if (minutes < 60) return `about ${minutes} minute${minutes === 1 ? "" : "s"} left`;
  return `about ${(seconds / 3600).toFixed(1)} hours left`;
}

/** 1 row, 2 rows */
export const count = (value, one, many = `${one}s`) => `${number(value)} ${value === 1 ? one : many}`;
