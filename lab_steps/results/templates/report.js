"use strict";
const toggle = document.getElementById("toggle");
toggle.hidden = false;
toggle.addEventListener("click", () => {
  const open = toggle.getAttribute("aria-pressed") !== "true";
  document.querySelectorAll("details.step").forEach((each) => { each.open = open; });
  toggle.setAttribute("aria-pressed", String(open));
  toggle.textContent = open ? "Close all steps" : "Open all steps";
});
function show(target) {
  for (let each = target; each; each = each.parentElement) {
    if (each.tagName === "DETAILS") each.open = true;
  }
}
addEventListener("hashchange", () => show(document.getElementById(location.hash.slice(1))));
let closed = [];
addEventListener("beforeprint", () => {
  closed = [...document.querySelectorAll("details:not([open], #records *)")];
  closed.forEach((each) => { each.open = true; });
});
addEventListener("afterprint", () => closed.forEach((each) => { each.open = false; }));
document.documentElement.classList.add("scripted");
addEventListener("click", async ({ target }) => {
  const button = target.closest("button.copy");
  if (!button) return;
  const code = button.parentElement.querySelector("code");
  let copied = true;
  try {
    await navigator.clipboard.writeText(code.textContent);
  } catch { // a file that was opened has no clipboard of its own in some browsers
    getSelection().selectAllChildren(code);
    copied = document.execCommand("copy");
  }
  button.textContent = copied ? "Copied" : "Press Ctrl+C";
  setTimeout(() => { button.textContent = "Copy"; }, 2000);
});
