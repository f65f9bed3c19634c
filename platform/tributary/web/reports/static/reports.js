"use strict";
// Saves reloads, and nothing else: what the server answers is the page that it would show without this script.

const parsed = async (answer) => new DOMParser().parseFromString(await answer.text(), "text/html");

// A form that is merely filled in (a line more or less, a count) takes the place of itself.
async function swapped(form, address, body) {
  const page = await parsed(await fetch(address, { method: "POST", body }));
  const made = page.getElementById(form.id);
  if (!made) throw new Error("no form");
  const isOpen = form.querySelector("details")?.open;
  form.replaceWith(made);
  if (isOpen) made.querySelector("details")?.setAttribute("open", "");
  document.title = page.title;
  // The region that tells of the count was announced empty before, and is told anew.
  const told = made.querySelector("[role=status]");
  const words = told?.textContent;
  if (words) { told.textContent = ""; setTimeout(() => { told.textContent = words; }, 50); }
  made.querySelector("[autofocus]")?.focus();
}

document.addEventListener("submit", (event) => {
  const form = event.target, button = event.submitter;
  if (button && "swap" in button.dataset) {
    event.preventDefault();
    if (form.inert) return;
    const body = new URLSearchParams(new FormData(form, button));
    form.inert = true;  // what is typed meanwhile would be lost
    swapped(form, button.formAction, body).catch(() => {
      form.inert = false;
      delete button.dataset.swap;
      form.requestSubmit(button);
    });
  } else if ("once" in form.dataset) {
    if (form.dataset.sent) event.preventDefault();
    form.dataset.sent = "yes";
  }
});

// A page that is gone back to can send its form again.
addEventListener("pageshow", () => document.querySelectorAll("[data-sent]").forEach((form) => { delete form.dataset.sent; }));

// The state of a request, looked at until it has ended; then its result stands below.
const LOOK = 1500;
async function looked() {
  const state = document.getElementById("state");
  if (!state || !("live" in state.dataset)) return;
  try {
    const answer = await fetch(location.href, { headers: { Accept: "text/html" } });
    const page = await parsed(answer);
    const made = page.getElementById("state");
    if (made) {
      for (const part of [made, page.getElementById("result")]) {
        const old = document.getElementById(part.id);
        if (old.innerHTML !== part.innerHTML) old.replaceChildren(...part.childNodes);
      }
      if (!("live" in made.dataset)) delete state.dataset.live;
      document.title = page.title;
    }
  } catch { /* The server is away: it is asked again. */ }
  setTimeout(looked, LOOK);
}
setTimeout(looked, LOOK);
