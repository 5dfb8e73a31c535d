"use strict";
const RELOAD_SECONDS = 5, SILENT_SECONDS = 120;
const body = document.querySelector(".heat tbody");
const heads = [...document.querySelectorAll(".heat thead th")];
const rows = [...body.rows];
const search = document.getElementById("search");
const show = document.getElementById("show");
const shown = document.getElementById("shown");
let state = { search: "", show: "", column: -1, down: false, paused: false };

// What is looked for and how it is sorted stays when the page is reloaded: it is in the address.
function remember() {
  history.replaceState(null, "", `#${new URLSearchParams(state)}`);
}
function recall() {
  const kept = new URLSearchParams(location.hash.slice(1));
  if (!kept.has("column")) return;
  state = {
    search: kept.get("search"), show: kept.get("show"), column: Number(kept.get("column")),
    down: kept.get("down") === "true", paused: kept.get("paused") === "true",
  };
  search.value = state.search;
  show.value = state.show;
}
const plain = (text) => text.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase();
const texts = rows.map((row) => plain(`${row.cells[0].textContent} ${row.cells[1].textContent}`));

function filter() {
  const words = plain(state.search).split(/\s+/).filter(Boolean);
  let count = 0;
  rows.forEach((row, at) => {
    const fits = words.every((word) => texts[at].includes(word));
    row.hidden = !fits || (state.show !== "" && row.dataset.status !== state.show);
    count += row.hidden ? 0 : 1;
  });
  shown.textContent = `${count} of ${rows.length} shown`;
}
const ORDER = { FAIL: 0, BLOCKED: 1, ERROR: 2, PENDING: 3, none: 4, NOT_APPLICABLE: 5, PASS: 6 };
const compare = new Intl.Collator(undefined, { numeric: true }).compare;
function keyOf(row, column, kind) {
  const cell = row.cells[column];
  if (kind === "cell") return ORDER[cell.className];
  return kind === "number" ? Number(cell.dataset.sort) : cell.textContent;
}
function sort() {
  if (!heads[state.column]) return;
  const { kind } = heads[state.column].dataset;
  const keyed = rows.map((row) => [keyOf(row, state.column, kind), row]);
  const by = kind === "text" ? (a, b) => compare(a[0], b[0]) : (a, b) => a[0] - b[0];
  keyed.sort(state.down ? (a, b) => by(b, a) : by);
  body.append(...keyed.map(([, row]) => row));
  heads.forEach((head, at) => {
    if (at === state.column) head.setAttribute("aria-sort", state.down ? "descending" : "ascending");
    else head.removeAttribute("aria-sort");
  });
}
heads.forEach((head, column) => {
  const button = document.createElement("button");
  button.type = "button";
  button.textContent = head.textContent;
  if (head.title) button.setAttribute("aria-label", `Step ${head.textContent}: ${head.title}`);
  head.replaceChildren(button);
  button.addEventListener("click", () => {
    state.down = state.column === column && !state.down;
    state.column = column;
    sort();
    remember();
  });
});
search.addEventListener("input", () => { state.search = search.value; filter(); remember(); });
show.addEventListener("change", () => { state.show = show.value; filter(); remember(); });
recall();
sort();
filter();
document.querySelector(".tools").hidden = false;

const { running } = document.body.dataset;
if (running) {
  const pause = document.getElementById("pause");
  const told = () => {
    pause.setAttribute("aria-pressed", String(state.paused));
  };
  pause.hidden = false;
  told();
  pause.addEventListener("click", () => { state.paused = !state.paused; told(); remember(); });
  if (Date.now() - Date.parse(running) > SILENT_SECONDS * 1000) {
    document.getElementById("running").firstChild.textContent = "No news for two minutes: the check has ended, or is waiting. ";
  }
  setInterval(() => {
    const busy = [search, show].includes(document.activeElement) || !getSelection().isCollapsed;
    if (!state.paused && !busy) location.reload();
  }, RELOAD_SECONDS * 1000);
}
