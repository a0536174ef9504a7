// Sorting and hiding columns.  The page is complete without this.
"use strict";
(() => {
  const status = document.getElementById("status");

  const key = (row, place) => {
    const value = row.cells[place].dataset.value;
    return value === undefined || value === "" ? null : value;
  };

  // Numbers by size, words by the alphabet, what there is none of last either way.
  const order = (one, other, sign) => {
    if (one === null || other === null) return (one === null) - (other === null);
    const [a, b] = [Number(one), Number(other)];
    if (!Number.isNaN(a) && !Number.isNaN(b)) return sign * (a - b);
    return sign * one.localeCompare(other, "en", { numeric: true });
  };

  const sort = (table, heading) => {
    const body = table.tBodies[0];
    const place = heading.cellIndex;
    const up = heading.getAttribute("aria-sort") !== "ascending";
    for (const other of heading.parentNode.cells) other.removeAttribute("aria-sort");
    heading.setAttribute("aria-sort", up ? "ascending" : "descending");
    const rows = [...body.rows].sort((a, b) => order(key(a, place), key(b, place), up ? 1 : -1));
    body.append(...rows);
    status.textContent = `Sorted by ${heading.textContent}, ${up ? "ascending" : "descending"}`;
  };

  const sortable = (table) => {
    for (const heading of table.tHead.rows[0].cells) {
      const button = document.createElement("button");
      button.type = "button";
      button.title = heading.title;
      button.append(...heading.childNodes);
      heading.removeAttribute("title");
      heading.append(button);
      button.addEventListener("click", () => sort(table, heading));
    }
  };

  const show = (table, place, shown) => {
    for (const row of table.rows) row.cells[place].hidden = !shown;
  };

  const hideable = (box, table) => {
    const columns = document.createElement("details");
    columns.className = "columns";
    const summary = document.createElement("summary");
    summary.textContent = "Columns";
    const choices = document.createElement("fieldset");
    const legend = document.createElement("legend");
    legend.textContent = "Columns to show";
    legend.className = "unseen";
    choices.append(legend);
    for (const heading of table.tHead.rows[0].cells) {
      const label = document.createElement("label");
      const tick = document.createElement("input");
      tick.type = "checkbox";
      tick.checked = heading.dataset.folded === undefined;
      tick.name = heading.dataset.key;
      tick.addEventListener("change", () => show(table, heading.cellIndex, tick.checked));
      label.append(tick, heading.textContent);
      choices.append(label);
      show(table, heading.cellIndex, tick.checked);
    }
    columns.append(summary, choices);
    box.prepend(columns);
  };

  for (const box of document.querySelectorAll("[data-table]")) {
    const table = box.querySelector("table");
    hideable(box, table);
    sortable(table);
  }
})();
