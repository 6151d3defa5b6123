// Makes calls with CleverTap's own client for Node and prints what it was given, as JSON. On standard input stands an object with "url",
// "account", "passcode" and "calls"; a call is the name of a method and what it takes.
"use strict";

const CleverTap = require("clevertap");

async function main(asked) {
  const client = CleverTap.init(asked.account, asked.passcode, CleverTap.REGIONS.EUROPE);
  client.api.apiEndpoint = asked.url;
  const answers = [];
  for (const [method, ...given] of asked.calls) {
    answers.push(await client[method](...given));
  }
  const methods = Object.keys(Object.getPrototypeOf(client)).filter((name) => typeof client[name] === "function");
  process.stdout.write(JSON.stringify({ methods, answers }));
}

let text = "";
process.stdin.on("data", (piece) => (text += piece));
process.stdin.on("end", () => {
  main(JSON.parse(text)).catch((error) => {
    process.stderr.write(String(error));
    process.exitCode = 1;
  });
});
