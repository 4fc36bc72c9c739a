// Our manners on SimCord's page.  Loaded before its own scripts, which it neither knows nor changes: it listens to what
// they ask of the server, and presses their controls as a visitor would.
(() => {
  "use strict";
  const LOOK_MS = 1500;
  let headers = {}; // as SimCord's page sends them: who may act, and for which page
  let started = null;
  let commands = [];
  let kept = null; // what was typed and not sent when another person was chosen: SimCord's page empties the box for them
  let held = null; // where Enter was pressed while SimCord's page was busy: it drops what is sent meanwhile

  const fetched = window.fetch.bind(window);
  const ask = (input, init) => (String(input).startsWith("/api/assets/") ? inTurn(() => fetched(input, init)) : fetched(input, init));
  window.fetch = async (input, init = {}) => {
    if (init.headers) headers = { ...headers, ...init.headers };
    if (String(input) === "/api/action" && typeof init.body === "string") acted(JSON.parse(init.body).kind);
    const answer = await ask(input, init);
    if (String(input) === "/api/action") answer.clone().json().then(heard, () => {});
    if (String(input) === "/api/commands") answer.clone().json().then(know, () => {});
    return answer;
  };

  // A browser keeps six connections to a server.  Were all of them loading pictures, what the visitor does would wait for
  // the last one: SimCord's page takes no press and no message until the answer to its last one is there.
  const PICTURES_AT_ONCE = 2;
  const waiting = [];
  let loading = 0;

  function inTurn(load) {
    return new Promise((resolve, reject) => {
      waiting.push(() => load().then(resolve, reject));
      next();
    });
  }

  function next() {
    if (loading >= PICTURES_AT_ONCE || !waiting.length) return;
    loading += 1;
    void waiting.shift()().finally(() => { loading -= 1; next(); });
  }

  function heard(receipt) { hint(receipt.hint || ""); }

  function hint(words) {
    const line = document.getElementById("easel-hint");
    line.textContent = words;
    line.hidden = !words;
  }

  // ---- what the demo says of itself: whether it still runs, and as which one

  async function look() {
    const away = document.getElementById("easel-away");
    try {
      const state = await (await ask("/easel.json", { cache: "no-store" })).json();
      if (started !== null && state.started !== started) { location.reload(); return; }
      started = state.started;
      away.hidden = true;
      document.getElementById("easel-slow").checked = state.slow;
      pages(state.pages);
      document.getElementById("easel-loading").hidden = state.draws;
    } catch (_) {
      away.hidden = false;
    }
    setTimeout(look, LOOK_MS);
  }

  function pages(links) {
    const nav = document.getElementById("easel-pages");
    const wanted = JSON.stringify(links);
    if (nav.dataset.links === wanted) return;
    nav.dataset.links = wanted;
    nav.querySelectorAll("a").forEach((link) => link.remove());
    for (const [name, url] of links) {
      const link = document.createElement("a");
      link.href = url;
      link.textContent = name;
      link.target = "easel-pages";
      nav.append(link);
    }
  }

  // ---- people

  function who() {
    const chosen = document.getElementById("viewer-picker").value;
    for (const button of document.querySelectorAll("[data-person]")) {
      button.setAttribute("aria-pressed", String(button.dataset.person === chosen));
    }
    for (const [group, name] of [["moderate", "mod"], ["manage", "settings"]]) {
      document.querySelector(`[data-tries="${group}"]`).hidden = !commands.some((command) => command.path[0] === name);
    }
  }

  function become(id) {
    const picker = document.getElementById("viewer-picker");
    if (picker.value === id) return;
    kept = { words: draft(), away: false };
    picker.value = id;
    picker.dispatchEvent(new Event("change"));
    hint("");
  }

  // What is being written, as words that `fill` takes: also where a command is filled in, option by option.
  function draft() {
    if (box()) return box().value;
    const chip = form().querySelector(".command-chip");
    if (!chip) return "";
    const given = [...form().querySelectorAll(".command-option-input[data-option]")].filter((input) => input.value);
    return [chip.textContent, ...given.map((input) => `${input.dataset.option}:${input.value}`)].join(" ");
  }

  function restore() {
    if (!kept) return;
    if (!kept.away) { kept.words = draft() || kept.words; return; }
    if (form().hidden || busy()) return;
    const { words } = kept;
    kept = null;
    if (words && box() && !box().value) fill(words);
  }

  function watchView() {
    new MutationObserver(() => { if (kept && form().hidden) kept.away = true; })
      .observe(form(), { attributes: true, attributeFilter: ["hidden"] });
  }

  // ---- the box

  const box = () => document.getElementById("channel-composer-input");
  const form = () => document.getElementById("channel-composer");

  function fill(words) {
    if (!box()) leave();
    const input = box();
    if (!input) return;
    input.value = words;
    input.dispatchEvent(new Event("input", { bubbles: true }));
    input.focus();
    input.setSelectionRange(words.length, words.length);
    hint("");
  }

  // Out of a command that was begun: SimCord's page puts the text box away while one is filled in.
  function leave() {
    const chip = form().querySelector(".command-chip");
    if (chip) chip.dispatchEvent(new KeyboardEvent("keydown", { key: "Backspace", bubbles: true, cancelable: true }));
  }

  function know(found) {
    commands = found.entries || [];
  }

  function enter(target) {
    target.dispatchEvent(new KeyboardEvent("keydown", { key: "Enter", bubbles: true, cancelable: true }));
  }

  // The page is busy before it knows the commands, and while it waits for the answer to anything it has asked.
  const busy = () => document.getElementById("send-message").disabled || (typed() !== null && !commands.length);

  function release() {
    if (!busy()) form().classList.remove("easel-sent");
    if (!held || busy()) return;
    const { at, words } = held;
    held = null;
    if (words && box()) {
      if (!box().value) fill(words); // it empties the box when it comes to show another person's view
      form().requestSubmit(); // its list of commands, loaded anew then, would swallow the key
      return;
    }
    const target = at.isConnected ? at : form().contains(document.activeElement) ? document.activeElement : box();
    if (target) enter(target);
  }

  const typed = () => (box() && box().value.startsWith("/") ? box().value.slice(1) : null);
  const named = (words) => commands.find((command) => command.invocation === words.trim().toLowerCase());
  const needs = (command) => command.options.some((option) => option.required);

  function keys(event) {
    if (event.isComposing || !form().contains(event.target)) return;
    const words = typed();
    if (event.key !== "Enter") held = null;
    if (event.key === "Enter" && !event.shiftKey) {
      const command = words === null ? null : named(words);
      const chooses = words !== null && box().hasAttribute("aria-activedescendant") && !(command && !needs(command));
      if (busy() && !chooses) {
        event.preventDefault();
        event.stopImmediatePropagation();
        held = { at: event.target, words: box() && box().value };
        return;
      }
      const filled = event.target.matches(".command-chip") && !event.target.dataset.arrows;
      const whole = words !== null && !command && !box().hasAttribute("aria-activedescendant"); // nothing to choose from
      if ((command && !needs(command)) || filled || whole) { send(event); return; }
      follow();
    }
    if (["ArrowDown", "ArrowUp"].includes(event.key) && event.target.matches(".command-chip")) event.target.dataset.arrows = "yes";
    // As in Discord: a space after a command's whole name chooses it, and what follows is its first option.
    if (event.key === " " && words !== null) {
      const command = named(words);
      if (command && needs(command)) {
        event.preventDefault();
        event.stopImmediatePropagation();
        enter(box());
      }
    }
  }

  function send(event) {
    event.preventDefault();
    event.stopImmediatePropagation();
    follow();
    form().requestSubmit();
  }

  // ---- the timeline starts at its top, where the welcome is; from the visitor's first act on, the newest stays in view.

  // What answers a press on an older message comes below the newest, and is brought into view.

  let follows = false, touched = 0, pressed = null;
  const timeline = () => document.getElementById("channel-timeline");

  function follow() { follows = true; settle(); }

  const newest = () => [...timeline().querySelectorAll("[data-message-id]")].at(-1)?.dataset.messageId;

  function acted(kind) { if (["click", "select"].includes(kind)) pressed = newest(); }

  function settle() {
    const line = timeline();
    if (pressed !== null && pressed !== newest()) {
      pressed = null;
      follows = true;
      touched = 1; // long ago: what SimCord's page now scrolls by itself is not the visitor's doing
    }
    if (follows) line.scrollTop = line.scrollHeight;
    else if (!touched) line.scrollTop = 0;
  }

  function watchScrolling() {
    const line = timeline();
    for (const kind of ["wheel", "touchmove", "pointerdown", "keydown"]) {
      line.addEventListener(kind, () => { touched = Date.now(); pressed = null; }, { passive: true, capture: true });
    }
    line.addEventListener("scroll", () => {
      if (!touched) { settle(); return; }
      const rest = line.scrollHeight - line.scrollTop - line.clientHeight;
      if (rest < 40) follows = true; else if (Date.now() - touched < 1000) follows = false;
    });
    new ResizeObserver(settle).observe(document.getElementById("channel-message-list"));
    new ResizeObserver(settle).observe(line);
  }

  document.addEventListener("DOMContentLoaded", () => {
    document.addEventListener("click", (event) => {
      const button = event.target.closest("[data-person], [data-try]");
      if (!button) return;
      if (button.dataset.person) become(button.dataset.person); else fill(button.dataset.try);
    });
    document.getElementById("easel-top").addEventListener("click", (event) => {
      event.preventDefault();
      touched = Date.now();
      follows = false;
      timeline().scrollTop = 0;
    });
    document.getElementById("easel-slow").addEventListener("change", (event) => {
      void ask("/api/action", {
        method: "POST", headers: { ...headers, "Content-Type": "application/json" },
        body: JSON.stringify({ kind: "easel_slow", on: event.target.checked }),
      });
    });
    form().addEventListener("submit", () => { kept = null; form().classList.add("easel-sent"); follow(); }, true);
    document.addEventListener("keydown", keys, true);
    watchScrolling();
    setInterval(who, 300);
    watchView();
    setInterval(() => { restore(); release(); }, 50);
    if (!location.hash) document.getElementById("easel-away").textContent =
      "This address lacks its last part. Open the one that “make demo” printed, with everything after the “#”.";
    if (!location.hash) document.getElementById("easel-away").hidden = false; else void look();
  });
})();
