/* A notebook's host, for anywidget: mounts an explorer and keeps its fields in step with the traits of the same names.
 * load() stands above, see loader.js.
 */

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
