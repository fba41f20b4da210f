// The pages work without this file. It adds two keys: "/" goes to the search box, j and k walk through the posts.
"use strict";

(() => {
  const typing = (element) => element.closest("input, textarea, select, [contenteditable]");

  const walk = (step) => {
    const links = [...document.querySelectorAll("[data-post]")];
    const at = links.indexOf(document.activeElement);
    const next = links[at < 0 && step < 0 ? links.length - 1 : at + step];
    if (next) next.focus();
  };

  const keys = {
    "/": () => {
      const box = document.querySelector("#q");
      box.focus();
      box.select();
    },
    j: () => walk(1),
    k: () => walk(-1),
  };

  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || typing(event.target)) return;
    const act = keys[event.key];
    if (!act) return;
    event.preventDefault();
    act();
  });
})();
