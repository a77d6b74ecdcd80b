// Forms of plans: only the fields of the chosen due rule are shown, and names are put into lists by choosing them.
const chosen = document.querySelector("select[data-due]");
if (chosen) {
  const show = () => {
    for (const part of document.querySelectorAll("fieldset[data-due-kind]")) {
      part.hidden = part.dataset.dueKind !== chosen.value;
    }
  };
  chosen.addEventListener("change", show);
  show();
}

for (const adder of document.querySelectorAll("[data-adds]")) {
  const list = document.getElementById(adder.dataset.adds);
  const input = adder.querySelector("input");
  const button = adder.querySelector("button");
  const add = () => {
    const name = input.value.trim();
    const lines = list.value.split("\n").map((line) => line.trim()).filter(Boolean);
    if (name && !lines.includes(name)) {
      list.value = [...lines, name].join("\n");
    }
    input.value = "";
    input.focus();
  };
  button.addEventListener("click", add);
  input.addEventListener("keydown", (event) => {
    if (event.key === "Enter") {
      event.preventDefault(); // would send the form
      add();
    }
  });
  adder.hidden = false; // it can do nothing without this script
}
