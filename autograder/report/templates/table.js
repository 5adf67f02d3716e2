// The class's table: search, filters, and sorting by a click on a heading.
{
  const table = document.getElementById("table");
  const body = table.tBodies[0];
  const form = document.querySelector("form.filters");
  const [search, kind, mistake] = ["search", "kind", "mistake"].map((id) => document.getElementById(id));
  const plain = (text) => text.normalize("NFKC").toLowerCase();
  const collator = new Intl.Collator(["en", "zh-CN"], { numeric: true });
  const lines = [...body.rows].map((row) => ({
    row,
    name: row.cells[0].textContent,
    searched: plain(row.cells[0].textContent),
    kinds: row.dataset.k ?? "",
    mistakes: (row.dataset.m ?? "").split(" "),
  }));

  const filter = () => {
    const words = plain(search.value).split(/\s+/).filter(Boolean);
    let count = 0;
    for (const line of lines) {
      const fits =
        words.every((word) => line.searched.includes(word)) &&
        line.kinds.includes(kind.value) &&
        (mistake.value === "" || line.mistakes.includes(mistake.value));
      if (line.row.hidden === fits) line.row.hidden = !fits;
      count += fits;
    }
    document.getElementById("count").textContent = count;
    document.getElementById("nobody").hidden = count > 0;
  };

  // A cell's number; nothing for a unit that was not handed in, which goes last either way.
  const number = (cell) => {
    const value = parseFloat(cell.dataset.v ?? cell.textContent);
    return Number.isNaN(value) ? null : value;
  };

  const sort = (column, down) => {
    const sign = down ? -1 : 1;
    const keyed = lines.map((line) => [
      line,
      column === 0 ? line.name : number(line.row.cells[column]),
    ]);
    keyed.sort(([, a], [, b]) => {
      if (column === 0) return sign * collator.compare(a, b);
      if (a === null || b === null) return (a === null) - (b === null);
      return sign * (a - b);
    });
    body.append(...keyed.map(([line]) => line.row));
  };

  const headings = [...table.tHead.rows[0].cells];
  headings.forEach((heading, column) => {
    const button = document.createElement("button");
    button.type = "button";
    button.append(...heading.childNodes);
    heading.append(button);
    button.addEventListener("click", () => {
      // Numbers begin with the largest, names with the first.
      const before = heading.getAttribute("aria-sort");
      const down = before ? before === "ascending" : column > 0;
      headings.forEach((other) => other.removeAttribute("aria-sort"));
      heading.setAttribute("aria-sort", down ? "descending" : "ascending");
      sort(column, down);
    });
  });

  form.addEventListener("input", filter);
  form.addEventListener("submit", (event) => event.preventDefault());
  form.addEventListener("reset", () => setTimeout(filter));
  for (const button of document.querySelectorAll("[data-mistake]")) {
    button.addEventListener("click", () => {
      form.reset();
      mistake.value = button.dataset.mistake;
      filter();
      document.getElementById("scores").scrollIntoView();
      mistake.focus({ preventScroll: true });
    });
  }
  for (const element of document.querySelectorAll(".scripted")) element.hidden = false;
  filter();
}
