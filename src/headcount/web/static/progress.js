// Live progress of one upload; at its end the page comes again with what is next. Two tabs show the same.

import { left, number, size } from "./format.js";

const shown = document.getElementById("progress");
if (shown) watch(shown);

function watch(place) {
  const words = JSON.parse(place.dataset.words);
  const part = (name) => place.querySelector(`[data-part="${name}"]`);
  const [phase, bar, told, spoken, lost] = ["phase", "bar", "told", "spoken", "lost"].map(part);
  let last = "";
  let tenth = -1;

  const source = new EventSource(place.dataset.url);
  source.addEventListener("progress", (event) => {
    lost.hidden = true;
    draw(JSON.parse(event.data));
  });
  source.addEventListener("end", again);
  source.addEventListener("error", () => {
    lost.hidden = false;
    // Where the browser has given up, the page itself is asked again.
    if (source.readyState === EventSource.CLOSED) setTimeout(again, 5000);
  });

  function again() {
    source.close();
    // A moment, so that an upload which goes on at once does not make the page come twice.
    setTimeout(() => location.reload(), 300);
  }

  function draw(now) {
    const bytes = now.phase === "receiving" || now.phase === "reading";
    const amount = bytes ? size : number;
    const [title, unit] = words[now.phase] ?? words.waiting;
    phase.textContent = title;
    if (now.total) bar.value = now.done / now.total;
    else bar.removeAttribute("value");
    const done = now.total ? `${amount(now.done ?? 0)} of ${amount(now.total)}${unit}` : "";
    const rate = now.per_second ? `${amount(now.per_second)}${unit} a second` : "";
    const rest = now.total && now.done >= now.total ? "finishing" : left(now.seconds_left);
    told.textContent = [done, rate, rest].filter(Boolean).join(" · ");
    speak(now, title);
  }

  function speak(now, title) {
    const reached = now.total ? Math.floor((4 * now.done) / now.total) : -1;
    if (title === last && reached <= tenth) return;
    if (title !== last || reached > tenth) spoken.textContent = reached > 0 ? `${title}: ${reached * 25} percent` : title;
    last = title;
    tenth = reached;
  }
}
