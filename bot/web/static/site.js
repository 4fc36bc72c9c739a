"use strict";
// What the pages can do without a script is done without one; this makes it quicker.

// Times in the reader's own zone, as the page's language writes them.
function localTimes(root) {
  for (const time of root.querySelectorAll("time[datetime]")) {
    const moment = new Date(time.dateTime);
    if (Number.isNaN(moment.getTime())) continue;
    time.title = time.textContent;
    time.textContent = moment.toLocaleString(document.documentElement.lang, { dateStyle: "medium", timeStyle: "short" });
  }
}
localTimes(document);

// A form marked data-live sends itself while one types, and shows the part of the answer that it names, and what
// follows that part; or what the answer says where it was refused.
for (const form of document.querySelectorAll("form[data-live]")) {
  const place = document.getElementById(form.dataset.live);
  let waiting = 0, running = null;
  const refresh = async () => {
    running?.abort();
    running = new AbortController();
    const fields = new URLSearchParams(new FormData(form));
    for (const [name, value] of [...fields]) if (!value) fields.delete(name);
    const address = `${form.getAttribute("action") || location.pathname}?${fields}`;
    place.setAttribute("aria-busy", "true");
    try {
      const answer = await fetch(address, { signal: running.signal, headers: { Accept: "text/html" } });
      const page = new DOMParser().parseFromString(await answer.text(), "text/html"), fresh = page.getElementById(place.id);
      if (!answer.ok) { place.replaceChildren(...[page.querySelector("#content p")].filter(Boolean)); return; }
      if (!fresh) { location.assign(address); return; } // the login has ended
      place.replaceChildren(...fresh.childNodes);
      for (const other of document.querySelectorAll(`[data-follows="${CSS.escape(place.id)}"]`)) {
        other.replaceChildren(...page.getElementById(other.id).childNodes);
      }
      localTimes(place);
      goOn();
      if (!form.dataset.keepAddress) history.replaceState(null, "", address);
    } catch (error) {
      if (error.name !== "AbortError") throw error;
    } finally {
      place.removeAttribute("aria-busy");
    }
  };
  form.addEventListener("input", () => { clearTimeout(waiting); waiting = setTimeout(refresh, 200); });
  form.addEventListener("submit", (event) => { event.preventDefault(); clearTimeout(waiting); refresh(); });
  // What was typed while this script was on its way has told nobody.
  if ([...form.elements].some((field) => "defaultValue" in field && field.value !== field.defaultValue)) refresh();
}

// Copies the text of the element that the button names.
document.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-copy]");
  if (!button) return;
  const source = document.getElementById(button.dataset.copy);
  await navigator.clipboard.writeText(source.value ?? source.textContent.trim());
  const said = button.textContent;
  button.textContent = document.body.dataset.copied;
  setTimeout(() => { button.textContent = said; }, 1500);
});
for (const button of document.querySelectorAll("[data-copy]")) button.hidden = !navigator.clipboard;

// A field whose words stand for the prompt in a command.
for (const label of document.querySelectorAll("label[data-words]")) {
  const command = document.getElementById(label.dataset.words).firstElementChild, words = label.querySelector("input");
  const [before, after] = command.textContent.split(`prompt:${words.value}`);
  if (after === undefined) continue;
  label.hidden = false;
  words.addEventListener("input", () => { command.textContent = `${before}prompt:${words.value}${after}`; });
}

// A form marked data-here is sent without leaving the page, and shows what the answer has in its place.
document.addEventListener("submit", async (event) => {
  const form = event.target;
  if (!form.matches("form[data-here]")) return;
  event.preventDefault();
  if (form.getAttribute("aria-busy")) return;
  form.setAttribute("aria-busy", "true");
  const answer = await fetch(form.action, { method: "POST", body: new URLSearchParams(new FormData(form)) });
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  const fresh = page.querySelector(`form[data-here][action="${CSS.escape(form.getAttribute("action"))}"]`);
  if (!answer.ok || !fresh) { form.submit(); return; } // what the form says twice is done once
  const back = form.querySelector("[name=back]");
  form.replaceChildren(...fresh.querySelectorAll("[name=vote], button"), ...(back ? [back] : []));
  form.removeAttribute("aria-busy");
  form.querySelector("button").focus();
});

// Back to the form that led here, as the browser keeps it: with what was typed.
for (const link of document.querySelectorAll("a[data-back]")) {
  if (document.referrer !== link.href || history.length < 2) continue;
  link.addEventListener("click", (event) => {
    if (event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    history.back();
  });
}

// Keys: a form or link marked data-key answers to that key, unless one types, or what one sent is still on its way.
let sent = false;
document.addEventListener("submit", (event) => {
  sent ||= !event.defaultPrevented && !event.target.matches("[data-download]"); // a download leaves one on the page
});
window.addEventListener("pageshow", () => { sent = false; });
document.addEventListener("keydown", (event) => {
  if (sent || event.repeat) return;
  if (event.ctrlKey || event.metaKey || event.altKey || event.target.closest("input, textarea, select")) return;
  const wanted = document.querySelector(`[data-key~="${CSS.escape(event.key)}"]`);
  if (!wanted) return;
  event.preventDefault();
  if (wanted.matches("input, textarea, select")) wanted.focus(); else wanted.click();
});

// The next page of a list comes by itself when its end is near.
function goOn() {
  const more = document.querySelector("a[data-more]");
  if (!more || !("IntersectionObserver" in window)) return;
  const list = document.getElementById(more.dataset.more);
  const watch = new IntersectionObserver(async ([entry]) => {
    if (!more.isConnected) { watch.disconnect(); return; } // another search has taken its place
    if (!entry.isIntersecting || more.dataset.busy) return;
    more.dataset.busy = "yes";
    const answer = await fetch(more.href, { headers: { Accept: "text/html" } });
    const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
    if (!answer.ok) return;
    const next = fresh.querySelector("a[data-more]");
    const added = fresh.getElementById(list.id);
    if (added) list.append(...added.children);
    if (next) { more.href = next.href; delete more.dataset.busy; } else { watch.disconnect(); more.remove(); }
  }, { rootMargin: "600px" });
  watch.observe(more);
}
goOn();
