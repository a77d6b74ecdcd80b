// Forms marked `data-select` hold a list to tick: one box ticks all, Shift ticks a range, and the count is told.
for (const form of document.querySelectorAll("form[data-select]")) {
  const boxes = () => [...form.querySelectorAll('input[type="checkbox"][name="viec"]:not(:disabled)')];
  const all = form.querySelector("input[data-all]");
  const counts = form.querySelectorAll("[data-count]");
  let last = null;

  const tell = () => {
    const some = boxes();
    const ticked = some.filter((box) => box.checked).length;
    for (const count of counts) {
      count.textContent = ticked;
    }
    form.classList.toggle("ticked", ticked > 0);
    if (all) {
      all.checked = ticked > 0 && ticked === some.length;
      all.indeterminate = ticked > 0 && ticked < some.length;
    }
  };

  if (all) {
    all.closest("[hidden]")?.removeAttribute("hidden"); // it can do nothing without this script
    all.hidden = false;
  }
  form.addEventListener("click", (event) => {
    const box = event.target;
    if (!(box instanceof HTMLInputElement) || box.name !== "viec") {
      return;
    }
    const some = boxes();
    if (event.shiftKey && last && some.includes(last)) {
      const [from, to] = [some.indexOf(last), some.indexOf(box)].sort((a, b) => a - b);
      for (const between of some.slice(from, to + 1)) {
        between.checked = box.checked;
      }
    }
    last = box;
  });
  form.addEventListener("change", (event) => {
    if (event.target === all) {
      for (const box of boxes()) {
        box.checked = all.checked;
      }
    }
    tell();
  });
  form.addEventListener("selected", tell); // other scripts that tick say so
  tell();
}
