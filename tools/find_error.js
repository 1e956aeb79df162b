// As find_error does: shows the rows whose message stands in the text of a box, or else those of which it is a piece, or
// else those whose opening stands in it.
function searchErrors(box, found, rows, patterns) {
  const expressions = patterns.map((text) => new RegExp(text));
  const opens = (row, line) => {
    const message = row.cells[0].textContent.trim().replace(/\s+/g, " ").replace(/^\w+: /, "");
    const opening = message.split(/ \(|[.,:] /)[0].toLowerCase();
    return opening.length >= 25 && !opening.includes("…") && line.toLowerCase().includes(opening);
  };
  const search = () => {
    const line = box.value.trim().replace(/\s+/g, " ");
    const piece = (row) => line.length >= 8 && row.cells[0].textContent.toLowerCase().includes(line.toLowerCase());
    let hits = rows.filter((row, place) => !line || expressions[place].test(line));
    if (!hits.length) hits = rows.filter(piece);
    if (!hits.length) hits = rows.filter((row) => opens(row, line));
    for (const row of rows) row.hidden = !hits.includes(row);
    const count = hits.length === 1 ? "1 row." : `${hits.length} rows.`;
    const none = "No lesson explains this yet. Is it the whole last line of the traceback, or the line with the warning?";
    found.textContent = !line ? "\u00a0" : hits.length ? count : none;
  };
  box.addEventListener("input", search);
  search();
}
