// What helps at a long list of tasks: keys to walk it by, and addresses without the filters that were left empty.
const rows = [...document.querySelectorAll("form[data-rows] tbody tr")];
let here = -1;

const go = (to) => {
  if (to < 0 || to >= rows.length) {
    return;
  }
  rows[here]?.classList.remove("here");
  here = to;
  rows[here].classList.add("here");
  rows[here].querySelector("a.open")?.focus({ preventScroll: true });
  rows[here].scrollIntoView({ block: "nearest" });
};

const tick = () => {
  const box = rows[here]?.querySelector('input[type="checkbox"]');
  if (box) {
    box.checked = !box.checked;
    box.form.dispatchEvent(new Event("selected"));
  }
};

const explain = () => {
  let shown = document.querySelector("dialog.keys");
  if (!shown) {
    const kept = document.getElementById("phim");
    if (!kept) {
      return;
    }
    document.body.append(kept.content.cloneNode(true));
    shown = document.querySelector("dialog.keys");
  }
  shown.showModal();
};

const keys = {
  "/": () => document.getElementById("tim")?.focus(),
  j: () => go(here + 1),
  k: () => go(here - 1),
  x: tick,
  "?": explain,
};

document.addEventListener("keydown", (event) => {
  const typing = event.target.closest?.("input:not([type=checkbox]), textarea, select, dialog");
  if (typing || event.ctrlKey || event.metaKey || event.altKey || !(event.key in keys)) {
    return; // Enter opens the link that has the focus, without us
  }
  event.preventDefault();
  keys[event.key]();
});

for (const row of rows) {
  row.addEventListener("focusin", () => {
    rows[here]?.classList.remove("here");
    here = rows.indexOf(row);
  });
}

for (const count of document.querySelectorAll("[data-counted]")) {
  count.hidden = false; // nobody counts without this script
}

for (const form of document.querySelectorAll("form[data-filters]")) {
  form.addEventListener("submit", () => {
    for (const field of form.querySelectorAll("input, select")) {
      field.disabled = field.value === "";
    }
  });
  window.addEventListener("pageshow", () => {
    for (const field of form.querySelectorAll("input, select")) {
      field.disabled = false; // as it was, for who comes back
    }
  });
}
