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

// Puts a fragment in place; whoever had the focus in it keeps it, and what was chosen stays chosen.
function swap(region, html) {
  const inside = new DOMParser().parseFromString(html, "text/html");
  const held = region.contains(document.activeElement) ? document.activeElement.id : "";
  const open = [...region.querySelectorAll("details[open][id]")].map((one) => one.id);
  const chosen = [...region.querySelectorAll("[data-choose]:checked")].map((one) => one.id);
  region.replaceChildren(...inside.body.childNodes);
  for (const id of open) document.getElementById(id)?.setAttribute("open", "");
  for (const id of chosen) {
    const box = document.getElementById(id);
    if (box) box.checked = true;
  }
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

// Keyboard in lists, while the focus is in one: j and k move, Enter or o opens; x chooses a row, a and d go on to decide
// on what is chosen; / goes to the page's search, ? tells all of this. Anywhere else a letter is a letter (WCAG 2.1.4).
const KEYS = ["j", "k", "o", "x", "a", "d", "/", "?"];
document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.target.closest("input:not([type=checkbox]), textarea, select, [contenteditable]")) return;
  const around = event.target.closest("[data-keys], .table-card");
  const list = around?.matches("[data-keys]") ? around : around?.querySelector("[data-keys]");
  if (!list || !KEYS.includes(event.key)) return;
  const rows = [...list.querySelectorAll("[data-row]")];
  const at = rows.findIndex((row) => row.contains(document.activeElement));
  if (event.key === "j" || event.key === "k") {
    const to = rows[Math.min(Math.max(at + (event.key === "j" ? 1 : -1), 0), rows.length - 1)];
    (to?.querySelector("[data-open]") ?? to?.querySelector("a[href], button"))?.focus();
  } else if (event.key === "o") {
    (rows[at]?.querySelector("[data-open]") ?? rows[at]?.querySelector("a[href]"))?.click();
  } else if (event.key === "x") {
    rows[at]?.querySelector("[data-choose]")?.click();
  } else if (event.key === "/") {
    const search = document.querySelector("[data-search]");
    if (!search) return;
    event.preventDefault();
    search.focus();
  } else if (event.key === "?") {
    openHelp();
  } else if (rows[at]) {
    event.preventDefault();
    decide(list, rows[at], event.key === "a" ? "approve" : "deny");
  }
});

// On what is chosen, else on this row. Who is not connected to the customer yet goes there first.
function decide(list, row, verdict) {
  const form = document.getElementById("decide");
  if (!form) return;
  if (!list.querySelector("[data-choose]:checked")) {
    const choose = row.querySelector("[data-choose]");
    if (!choose) {
      row.querySelector("[data-connect]")?.click();
      return;
    }
    choose.checked = true;
  }
  form.querySelector(`[name=verdict][value=${verdict}]`).checked = true;
  form.querySelector("[name=reason]").focus();
}

function openHelp() {
  const help = document.querySelector("dialog.house-dialog");
  if (help && !help.open) help.showModal();
}
for (const button of document.querySelectorAll("[data-help]")) {
  button.hidden = false;
  button.addEventListener("click", openHelp);
}
