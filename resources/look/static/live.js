"use strict";
// Renews the parts of a page that say so: each element with an id and data-live, which is the seconds between two looks.
// What the server answers is the page that it would show without this script. A part in which somebody is doing
// something, such as reading an opened detail, is left until they are done.

const parsed = async (answer) => new DOMParser().parseFromString(await answer.text(), "text/html");
const parts = () => [...document.querySelectorAll("[data-live][id]")];

function renew(old, made) {
  for (const name of ["data-live", "class"]) {
    if (made.hasAttribute(name)) old.setAttribute(name, made.getAttribute(name)); else old.removeAttribute(name);
  }
  const busy = old.contains(document.activeElement) || old.querySelector("details[open]");
  if (!busy && old.innerHTML !== made.innerHTML) old.replaceChildren(...made.childNodes);
}

function away(is) {
  const told = document.getElementById("away");
  if (told) told.hidden = !is;
}

async function look() {
  const live = parts();
  if (!live.length) return;
  if (!document.hidden) {
    try {
      const answer = await fetch(location.href, { headers: { Accept: "text/html" } });
      if (answer.redirected) return location.reload();
      const page = await parsed(answer);
      for (const old of live) {
        const made = page.getElementById(old.id);
        if (made) renew(old, made);
      }
      document.title = page.title;
      away(false);
    } catch { away(true); }
  }
  wait();
}

function wait() {
  const seconds = Math.min(...parts().map((one) => Number(one.dataset.live) || 5));
  if (Number.isFinite(seconds)) setTimeout(look, seconds * 1000);
}
wait();
