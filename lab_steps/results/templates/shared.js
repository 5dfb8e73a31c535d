"use strict";
// One stream for all pages of a browser, which opens few connections to one server.
const pages = new Set();
const parts = {}; // the latest of each, with its revision
let lost = false;
const source = new EventSource("events");
function tell(message) {
  pages.forEach((page) => page.postMessage(message));
}
source.onmessage = ({ data }) => {
  const changed = JSON.parse(data);
  Object.assign(parts, changed);
  tell({ changed });
};
source.onopen = () => tell({ lost: lost = false });
source.onerror = () => tell({ lost: lost = true });
addEventListener("connect", ({ ports: [page] }) => {
  pages.add(page);
  page.onmessage = ({ data: { leaves } }) => {
    if (leaves) pages.delete(page);
    else page.postMessage({ changed: parts, lost });
  };
});
