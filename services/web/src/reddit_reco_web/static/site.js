// The pages work without this file. It adds keys, closes what is open, and says what failed.
"use strict";

(() => {
  const typing = (element) => element.closest("input, textarea, select, [contenteditable]");
  const said = document.getElementById("said");
  const help = document.getElementById("key-help");

  const say = (text) => {
    said.textContent = "";
    // Emptied first, so that a reader's voice says the same sentence twice.
    setTimeout(() => (said.textContent = text), 50);
  };

  const at = () => document.activeElement.closest("li.post, article.post");

  const walk = (step) => {
    const all = [...document.querySelectorAll("li.post")].filter((post) => post.querySelector("a, button"));
    const here = all.indexOf(at());
    const next = all[here < 0 && step < 0 ? all.length - 1 : here + step];
    if (next) next.querySelector("[data-post], button, a").focus();
  };

  const press = (name) => {
    const post = at() || document.querySelector("article.post");
    post?.querySelector(`.acts .${name}`)?.click();
  };

  const keys = {
    "/": () => {
      const box = document.getElementById("q");
      box.focus();
      box.select();
    },
    "?": () => (help.open ? help.close() : help.showModal()),
    j: () => walk(1),
    k: () => walk(-1),
    l: () => press("like"),
    h: () => press("hide"),
    t: () => (press("tag"), document.querySelector("#tags input[name=what]")?.focus()),
    s: () => press("share"),
  };

  const suggested = () => document.getElementById("suggested");
  const closeAll = () => {
    suggested().replaceChildren();
    document.querySelectorAll("details.menu[open]").forEach((menu) => (menu.open = false));
  };

  const inBox = (event) => {
    const links = [...suggested().querySelectorAll("a")];
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (!step || !links.length || !event.target.closest(".find")) return;
    event.preventDefault();
    const next = links.indexOf(document.activeElement) + step;
    (links[next] || document.getElementById("q")).focus();
  };

  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape") closeAll();
    inBox(event);
    if (event.ctrlKey || event.metaKey || event.altKey || typing(event.target)) return;
    const act = keys[event.key];
    if (!act || (help.open && event.key !== "?")) return;
    event.preventDefault();
    act();
  });

  document.addEventListener("click", (event) => {
    if (!event.target.closest(".find, details.menu")) closeAll();
    const copy = event.target.closest("[data-copy]");
    if (!copy) return;
    const field = document.getElementById(copy.dataset.copy);
    field.select();
    // Without TLS a browser has no clipboard for pages; then the link is selected, at least.
    navigator.clipboard?.writeText(field.value).then(() => say("Copied."));
  });

  // Said before a long upload, not after it.
  document.addEventListener("change", ({ target }) => {
    if (!target.dataset.most) return;
    const large = [...target.files].some((file) => file.size > target.dataset.most);
    target.setCustomValidity(large ? target.dataset.tooLarge : "");
    target.reportValidity();
  });

  // A picture that its service does not have leaves no hole; some have failed before this runs.
  const pictures = "img.picture, img.whole-picture";
  document.addEventListener("error", (event) => event.target.matches?.(pictures) && event.target.remove(), true);
  document.querySelectorAll(pictures).forEach((one) => one.complete && !one.naturalWidth && one.remove());

  document.addEventListener("htmx:response:error", ({ detail: { ctx } }) => {
    const plain = ctx.response.headers.get("Content-Type")?.startsWith("text/plain");
    say(plain ? ctx.text.slice(0, 300) : "That did not work. Try again in a moment.");
  });
  document.addEventListener("htmx:error", () => say("The site does not answer. Try again in a moment."));
  document.addEventListener("htmx:after:swap", () => setTimeout(() => (said.textContent = ""), 6000));
})();
