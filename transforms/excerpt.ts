/** Longest excerpt of source text in a message. Characters. */
const longest = 60;

/** A piece of source text on one line, cut between words where it is long. */
export function excerpt(text: string, most = longest): string {
  const line = text
    .replace(/\s*[\r\n]\s*(?=[.)])/g, '')
    .replace(/\(\s*[\r\n]\s*/g, '(')
    .replace(/\s+/g, ' ')
    .trim();
  if (line.length <= most) return line;
  const cut = line.slice(0, most - 1);
  // A word that goes on behind the cut is left out, unless it is nearly all there is.
  const end = /[\w$]/.test(line[most - 1] ?? '') ? cut.search(/[\w$]+$/) : cut.length;
  return `${(end > most / 2 ? cut.slice(0, end) : cut).trimEnd()}…`;
}
