/* The order in which the search shows what it has found: the evenings, the glossary and the claims before the package's
 * functions. Sphinx finds the object by its name; the numbers are its own but for the first, which is taken from what is
 * found in the package: more than a word in a title counts.
 */

var Scorer = {
  score: ([page, , , , score]) => (page.startsWith("package") ? score - 30 : score),
  objNameMatch: 11,
  objPartialMatch: 6,
  objPrio: { 0: 15, 1: 5, 2: -5 },
  objPrioDefault: 0,
  title: 15,
  partialTitle: 7,
  term: 5,
  partialTerm: 2,
};
