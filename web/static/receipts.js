// The table of receipts by keyboard: what is typed ticks its row, Enter and the arrows move, the names can be narrowed.
for (const form of document.querySelectorAll("form[data-receipts]")) {
  const boxes = [...form.querySelectorAll('input[name="viec"]')];
  const rows = [...form.querySelectorAll("tbody tr")].filter((row) => row.querySelector("[data-name]"));
  const bare = (text) => text.normalize("NFD").replace(/[\u0300-\u036f]/g, "").replace(/đ/gi, "d").toLowerCase();
  const names = new Map(rows.map((row) => [row, bare(row.querySelector("[data-name]").textContent)]));

  form.elements.namedItem("tay").value = "1"; // the ticks are kept in step from here on: an unticked row is meant so
  for (const part of form.querySelectorAll("[data-filter], [data-counted]")) {
    part.hidden = false;
  }

  const tick = (row, on) => {
    const box = row?.querySelector('input[name="viec"]');
    if (box && box.checked !== on) {
      box.checked = on;
      form.dispatchEvent(new Event("selected"));
    }
  };
  const cells = (row) => [...row.querySelectorAll("input.number, input.day")];

  form.addEventListener("input", (event) => {
    const row = event.target.closest("tr");
    if (row && event.target.matches("input.number, input.day") && boxes.length) {
      tick(row, cells(row).some((cell) => cell.value.trim() !== ""));
    }
  });

  // To the same column of the next row that is shown and can be typed into.
  const move = (from, step) => {
    const row = from.closest("tr");
    const column = from.type === "checkbox" ? -1 : cells(row).indexOf(from);
    const shown = rows.filter((one) => !one.hidden && one.querySelector('input[name="viec"]'));
    const next = shown[shown.indexOf(row) + step];
    const target = next && (column < 0 ? next.querySelector('input[name="viec"]') : cells(next)[column]);
    if (target) {
      target.focus();
      target.select?.();
    }
    return Boolean(target);
  };
  const aside = (from, step) => {
    const all = [from.closest("tr").querySelector('input[name="viec"]'), ...cells(from.closest("tr"))];
    const target = all[all.indexOf(from) + step];
    if (target) {
      target.focus();
      target.select?.();
    }
  };

  form.addEventListener("keydown", (event) => {
    const from = event.target;
    if (!(from instanceof HTMLInputElement) || event.altKey || event.isComposing) {
      return;
    }
    if (event.key === "Enter") {
      if (event.ctrlKey || event.metaKey) {
        event.preventDefault();
        form.requestSubmit();
      } else if (rows.includes(from.closest("tr"))) {
        event.preventDefault(); // the form is saved by its button
        move(from, event.shiftKey ? -1 : 1);
      } else if (from.id === "chung" || from.id === "loc") {
        event.preventDefault();
        rows.find((row) => !row.hidden && cells(row).length)?.querySelector("input.number").focus();
      }
      return;
    }
    if (event.ctrlKey || event.metaKey || event.shiftKey || !rows.includes(from.closest("tr"))) {
      return;
    }
    const text = from.type !== "checkbox";
    const atStart = !text || (from.selectionStart === 0 && from.selectionEnd === 0) || from.value === "";
    const atEnd = !text || (from.selectionStart === from.value.length && from.selectionEnd === from.value.length);
    const steps = { ArrowDown: () => move(from, 1), ArrowUp: () => move(from, -1) };
    if (event.key in steps) {
      event.preventDefault();
      steps[event.key]();
    } else if (event.key === "ArrowRight" && atEnd) {
      event.preventDefault();
      aside(from, 1);
    } else if (event.key === "ArrowLeft" && atStart) {
      event.preventDefault();
      aside(from, -1);
    }
  });

  const filter = form.querySelector("#loc");
  filter?.addEventListener("input", () => {
    const words = bare(filter.value).split(/\s+/).filter(Boolean);
    for (const row of rows) {
      row.hidden = !words.every((word) => names.get(row).includes(word));
    }
  });

  // A second press while the first is on its way would only be told that all is there already.
  let sent = false;
  form.addEventListener("submit", (event) => {
    if (sent) {
      event.preventDefault();
    }
    sent = true;
  });
  window.addEventListener("pageshow", () => (sent = false));

  const fault = document.getElementById("loi");
  const told = document.querySelector("main > .banner"); // what was just done is to be seen
  const first = matchMedia("(pointer: fine)").matches ? form.querySelector("input.number") : null;
  (fault ?? first)?.focus({ preventScroll: Boolean(told) });
}
