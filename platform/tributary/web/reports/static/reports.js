"use strict";
// Saves reloads, and nothing else: what the server answers is the page that it would show without this script.

const parsed = async (answer) => new DOMParser().parseFromString(await answer.text(), "text/html");

// A form takes the place of itself, or leads on; where no page is the answer, what was typed stays, and why is told.
async function sent(form, address, body) {
  const answer = await fetch(address, { method: "POST", body });
  if (answer.redirected) return location.assign(answer.url);
  if (!answer.headers.get("Content-Type")?.startsWith("text/html")) throw new Error(await answer.text());
  const page = await parsed(answer);
  const made = page.getElementById(form.id);
  if (!made) throw new Error(page.querySelector("main .lead")?.textContent ?? answer.statusText);
  if (form.querySelector("details")?.open) made.querySelector("details")?.setAttribute("open", "");
  form.replaceWith(made);
  document.title = page.title;
  // The region that tells of the count was announced empty before, and is told anew.
  const told = made.querySelector("[role=status]");
  const words = told?.textContent;
  if (words) { told.textContent = ""; setTimeout(() => { told.textContent = words; }, 50); }
  made.querySelector("[autofocus]")?.focus();
}

function unsent(form, error) {
  form.inert = false;
  let told = form.querySelector(".unsent");
  if (!told) {
    told = document.createElement("p");
    told.className = "faults unsent";
    told.setAttribute("role", "alert");
    told.tabIndex = -1;
    form.prepend(told);
  }
  told.textContent = error instanceof TypeError ? "The server does not answer: try again in a moment." : error.message;
  told.focus();
}

document.addEventListener("submit", (event) => {
  const form = event.target, button = event.submitter;
  if ("whole" in form.dataset && button) {
    event.preventDefault();
    if (form.inert) return;
    const address = button.hasAttribute("formaction") ? button.formAction : form.action;
    const body = new URLSearchParams(new FormData(form, button));
    form.inert = true;  // what is typed meanwhile would be lost
    sent(form, address, body).catch((error) => unsent(form, error));
  } else if ("once" in form.dataset) {
    if (form.dataset.sent) event.preventDefault();
    form.dataset.sent = "yes";
  }
});

// A page that is gone back to can send its forms again.
addEventListener("pageshow", () => document.querySelectorAll("form").forEach((form) => {
  form.inert = false;
  delete form.dataset.sent;
}));

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
