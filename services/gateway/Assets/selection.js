// Rows of a table: one box chooses all on this page, Shift chooses a range, and the count is said.
/** @type {WeakSet<Element>} */
const ready = new WeakSet();

function begin() {
  for (const form of document.querySelectorAll("form.selectable:not([hidden])")) {
    if (!ready.has(form)) attend(form);
    ready.add(form);
  }
}

begin();
document.addEventListener("portico:changed", begin);

/** @param {Element} form */
function attend(form) {
  const all = form.querySelector("[data-select-all]");
  const said = form.querySelector("[data-selected]");
  const boxes = /** @type {HTMLInputElement[]} */ ([...form.querySelectorAll("tbody .cell-check input")]);
  if (!(all instanceof HTMLInputElement)) return;
  all.hidden = false;
  let last = -1;

  const update = () => {
    const count = boxes.filter((box) => box.checked).length;
    all.checked = count === boxes.length && count > 0;
    all.indeterminate = count > 0 && count < boxes.length;
    if (said) said.textContent = count === 0 ? "" : `${count} selected`;
  };
  all.addEventListener("change", () => {
    for (const box of boxes) box.checked = all.checked;
    update();
  });
  boxes.forEach((box, index) => {
    box.addEventListener("click", (event) => {
      if (event.shiftKey && last >= 0) {
        const [from, to] = [Math.min(last, index), Math.max(last, index)];
        for (const between of boxes.slice(from, to + 1)) between.checked = box.checked;
      }
      last = index;
      update();
    });
  });
  update();
}
