{
  const { body } = document;
  const revision = Number(body.dataset.revision);
  const calm = matchMedia("(prefers-reduced-motion: reduce)");
  let next = document.getElementById("progress").dataset.next;

  // What a person has opened, typed or focused stays: elements are changed in place.
  const keyOf = (node) => node.id || node.dataset?.key;
  function morph(old, fresh) {
    if (old.nodeType !== Node.ELEMENT_NODE) {
      if (old.data !== fresh.data) old.data = fresh.data;
      return;
    }
    for (const { name, value } of fresh.attributes) {
      if (name !== "open" && old.getAttribute(name) !== value) old.setAttribute(name, value);
    }
    for (const { name } of [...old.attributes]) {
      if (name !== "open" && !fresh.hasAttribute(name)) old.removeAttribute(name);
    }
    const kept = new Set([...fresh.children].map(keyOf));
    for (const each of [...old.children]) if (keyOf(each) && !kept.has(keyOf(each))) each.remove();
    let at = old.firstChild;
    for (const each of [...fresh.childNodes]) {
      const key = keyOf(each);
      const found = key ? [...old.children].find((one) => keyOf(one) === key) : at;
      if (!found || found.nodeName !== each.nodeName || keyOf(found) !== key) {
        old.insertBefore(each, at);
        continue;
      }
      if (found === at) at = at.nextSibling;
      else old.insertBefore(found, at);
      morph(found, each);
    }
    while (at) {
      const after = at.nextSibling;
      at.remove();
      at = after;
    }
  }

  // Nothing moves under a reader's eyes: what has the focus stays where it is, else what is at the top of the window.
  function keepingPlace(change) {
    const isSeen = (each) => each.getBoundingClientRect().top >= 0 && each.getBoundingClientRect().top < innerHeight;
    const focused = document.querySelector("main :focus");
    const texts = document.querySelectorAll("main :is(h2, h3, h4, p, dt, summary)");
    const fixed = focused && isSeen(focused) ? focused : [...texts].find((each) => each.checkVisibility() && isSeen(each));
    const was = fixed?.getBoundingClientRect().top;
    const scrolled = scrollY > 0;
    change();
    if (scrolled && fixed?.isConnected) scrollBy({ top: fixed.getBoundingClientRect().top - was, behavior: "instant" });
  }

  function take(parts) {
    const made = document.createElement("template");
    for (const [id, [number, html]] of Object.entries(parts)) {
      const old = document.getElementById(id);
      if (!old || number <= Math.max(revision, old.revision ?? 0)) continue;
      old.revision = number;
      made.innerHTML = html;
      const was = old.className;
      morph(old, made.content.firstElementChild);
      if (was !== old.className && old.matches(".step")) flash(old);
    }
    goOn();
    count();
  }

  function flash(card) {
    card.classList.add("turned");
    card.addEventListener("animationend", () => card.classList.remove("turned"), { once: true });
  }

  // The next step opens when the one before it is done; who looked at that one is led on.
  function goOn() {
    const [before, now] = [next, (next = document.getElementById("progress").dataset.next)];
    if (before === now) return;
    document.title = document.title.replace(/^.* - /, `${document.querySelector("h1").textContent} - `);
    const done = document.getElementById(`step-${before}`);
    const card = document.getElementById(`step-${now}`);
    const { top = -1, bottom = -1 } = done?.getBoundingClientRect() ?? {};
    const follows = bottom > 0 && top < innerHeight && !done.contains(document.activeElement);
    if (done && !done.contains(document.activeElement)) done.open = false;
    if (card) card.open = true;
    if (follows) card?.scrollIntoView({ block: "nearest", behavior: calm.matches ? "instant" : "smooth" });
  }

  function count() {
    for (const each of document.querySelectorAll("[data-until]")) {
      const seconds = Math.ceil((new Date(each.dataset.until) - Date.now()) / 1000);
      const minutes = Math.floor(seconds / 60);
      each.textContent = seconds <= 0 ? "due now" : minutes ? `up to ${minutes} min ${seconds % 60} s more` : `up to ${seconds} s more`;
    }
  }

  const { port } = new SharedWorker("shared.js");
  port.onmessage = ({ data: { changed, lost } }) => {
    if (lost !== undefined) document.getElementById("lost").hidden = !lost;
    if (changed) keepingPlace(() => take(changed));
  };
  addEventListener("pagehide", () => port.postMessage({ leaves: true }));
  addEventListener("pageshow", () => port.postMessage({}));
  setInterval(count, 1000);
  count();
}
