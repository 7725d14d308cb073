// Comfort only: every page works without this file.

// Live regions: the stream carries ids only; the page's own fragment is fetched again and put in place.
for (const region of document.querySelectorAll("[data-live]")) {
  const stream = new EventSource(region.dataset.live);
  let busy = false;
  let again = false;
  const refresh = async () => {
    if (busy) {
      again = true;
      return;
    }
    busy = true;
    try {
      const answer = await fetch(region.dataset.refresh, { headers: { accept: "text/html", "x-by-itself": "1" }, redirect: "error" });
      if (answer.ok) swap(region, await answer.text());
      else if (answer.status === 401 || answer.status === 404) stream.close();
    } catch {
      // The next event tries again.
    } finally {
      busy = false;
      if (again) {
        again = false;
        refresh();
      }
    }
  };
  stream.addEventListener("changed", refresh);
  stream.addEventListener("end", () => stream.close());
  window.addEventListener("pagehide", () => stream.close());
}

// Puts a fragment in place; whoever had the focus in it keeps it.
function swap(region, html) {
  const inside = new DOMParser().parseFromString(html, "text/html");
  const held = region.contains(document.activeElement) ? document.activeElement.id : "";
  const open = [...region.querySelectorAll("details[open][id]")].map((one) => one.id);
  region.replaceChildren(...inside.body.childNodes);
  for (const id of open) document.getElementById(id)?.setAttribute("open", "");
  if (held) document.getElementById(held)?.focus();
}

// The person's menu closes on Escape, and when one goes elsewhere.
for (const menu of document.querySelectorAll("details.house-person")) {
  const summary = menu.querySelector("summary");
  menu.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || !menu.open) return;
    menu.open = false;
    summary?.focus();
  });
  document.addEventListener("click", (event) => {
    if (!menu.contains(event.target)) menu.open = false;
  });
}

// Copy buttons.
document.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-copy]");
  if (!button) return;
  const source = document.getElementById(button.dataset.copy);
  const text = source ? (source.value ?? source.textContent) : "";
  try {
    await navigator.clipboard.writeText(text.trim());
    const label = button.querySelector("[data-label]") ?? button;
    const before = label.textContent;
    label.textContent = button.dataset.copied ?? before;
    setTimeout(() => (label.textContent = before), 1500);
  } catch {
    const selection = window.getSelection();
    if (source && selection) selection.selectAllChildren(source);
  }
});

// Keyboard in lists, while the focus is in one: j and k move, Enter or o opens; / goes to the page's search. Anywhere
// else a letter is a letter (WCAG 2.1.4).
document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.target.closest("input, textarea, select, [contenteditable]")) return;
  const around = event.target.closest("[data-keys], .table-card");
  const list = around?.matches("[data-keys]") ? around : around?.querySelector("[data-keys]");
  if (!list || !["j", "k", "o", "/"].includes(event.key)) return;
  if (event.key === "/") {
    const search = document.querySelector("[data-search]");
    if (search) {
      event.preventDefault();
      search.focus();
    }
    return;
  }
  const rows = [...list.querySelectorAll("[data-row]")];
  const at = rows.findIndex((row) => row.contains(document.activeElement));
  if (event.key === "o") {
    rows[at]?.querySelector("a[href]")?.click();
    return;
  }
  const to = rows[Math.min(Math.max(at + (event.key === "j" ? 1 : -1), 0), rows.length - 1)];
  to?.querySelector("a[href], button")?.focus();
});
