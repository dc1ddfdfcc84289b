// A select that follows another shows the group of the chosen value only; the server checks the pair.
for (const select of document.querySelectorAll("select[data-depends-on]")) {
  const parent = document.getElementById(select.getAttribute("data-depends-on") ?? "");
  if (!(parent instanceof HTMLSelectElement) || !(select instanceof HTMLSelectElement)) continue;
  const groups = [...select.querySelectorAll("optgroup")];
  const follow = () => {
    const chosen = select.value;
    for (const group of groups) group.remove();
    const group = groups.find((one) => one.dataset.parent === parent.value);
    if (group) select.append(group);
    select.value = chosen;
    if (select.selectedIndex < 0) select.selectedIndex = 0;
    select.disabled = !group;
  };
  parent.addEventListener("change", follow);
  follow();
}
