// Clicking the heading of a column sorts the rows of its table; again, in reverse.
const order = new Intl.Collator("en", { numeric: true }).compare;
const keyOf = (row, column) => {
  const text = row.cells[column].innerText.trim();
  const number = parseFloat(text.replace(/^[<p=\s]+/, ""));
  return { number: Number.isNaN(number) ? Infinity : number, text };
};
const compare = (a, b) => (a.number === b.number ? order(a.text, b.text) : a.number - b.number);

for (const table of document.querySelectorAll("table.sortable")) {
  const headings = [...table.tHead.rows[0].cells];
  headings.forEach((heading, column) => {
    const button = document.createElement("button");
    button.append(...heading.childNodes);
    heading.append(button);
    button.onclick = () => {
      const descending = heading.ariaSort === "ascending";
      for (const other of headings) other.ariaSort = null;
      heading.ariaSort = descending ? "descending" : "ascending";
      const rows = [...table.tBodies[0].rows].map(row => [keyOf(row, column), row]);
      rows.sort((a, b) => (descending ? -1 : 1) * compare(a[0], b[0]));
      table.tBodies[0].append(...rows.map(([, row]) => row));
    };
  });
}
