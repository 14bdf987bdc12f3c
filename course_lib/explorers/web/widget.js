/* A notebook's host, for anywidget: mounts an explorer and keeps its fields in step with the traits of the same names.
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

let loading = null;

export default {
  async render({ model, el }) {
    const { default: mount } = await (loading ??= load());
    const names = model.get("_fields");
    const state = Object.fromEntries(names.map((name) => [name, model.get(name)]));
    const changed = (now) => {
      for (const name of names) if (JSON.stringify(now[name]) !== JSON.stringify(model.get(name))) model.set(name, now[name]);
      model.save_changes();
    };
    const explorer = mount(el, state, { changed });
    const follow = () => {
      const fields = Object.fromEntries(names.map((name) => [name, model.get(name)]));
      if (JSON.stringify(fields) !== JSON.stringify(explorer.get())) explorer.set(fields);
    };
    model.on("change", follow);
    return () => {
      model.off("change", follow);
      explorer.destroy();
    };
  },
};
