/* Modules that came as texts become modules again: for a front end that takes one file, and for a page opened from a folder,
 * where a browser loads no module by its path.
 *
 * MODULES and ENTRY are put in by Python: {path: source} in an order in which no module comes before one that it imports.
 */

const urls = {};

/** The entry module: each source becomes an address of its own, and imports by path become imports of addresses. */
function load() {
  for (const [path, source] of Object.entries(MODULES)) {
    const folder = path.slice(0, path.lastIndexOf("/") + 1);
    const text = source.replace(/(\bfrom\s+")(\.[^"]+)(")/g, (_, before, relative, after) => {
      const address = new URL(relative, `https://course.invalid/${folder}`).pathname.slice(1);
      return before + urls[address] + after;
    });
    urls[path] ??= URL.createObjectURL(new Blob([text], { type: "text/javascript" }));
  }
  return import(urls[ENTRY]);
}
