/**
 * The state of a page in its address: `?day=2024-01-01..2024-03-31&group=a&group=b&place=-122.6,37.6,-122.3,37.9`, the
 * settings of views as `view.2=…`, and under `at` the publication that was looked at.
 */

const NONE = "\u2205"; // stands for null: ∅

/** Filters, settings and publication of the query of an address; what does not fit the declaration is left out. */
export function read(query, declared) {
  const given = new URLSearchParams(query);
  const filters = {};
  for (const [name, { kind }] of Object.entries(declared.dimensions)) {
    const texts = given.getAll(name);
    if (texts.length === 0) continue;
    if (kind === "time") {
      const parts = texts[0].split("..");
      if (parts.length === 2 && parts.every((one) => /^\d{4}-\d\d-\d\d$/.test(one) && !Number.isNaN(Date.parse(one)))) filters[name] = parts;
    } else if (kind === "number") {
      const parts = texts[0].split("..").map(Number);
      if (parts.length === 2 && parts.every(Number.isFinite)) filters[name] = parts;
    } else if (kind === "place") {
      const parts = texts[0].split(",").map(Number);
      if (parts.length === 4 && parts.every(Number.isFinite)) filters[name] = parts;
    } else filters[name] = texts.map((text) => (text === NONE ? null : text));
  }
  const settings = {};
  declared.views.forEach((_, at) => {
    const [sort, direction] = (given.get(`view.${at}`) ?? "").split("~");
    if (sort.startsWith("map:")) {
      const extent = sort.slice(4).split(",").map(Number);
      if (extent.length === 4 && extent.every(Number.isFinite)) settings[at] = { extent };
    } else if (sort) settings[at] = { sort, descending: direction !== "up" };
  });
  return { filters, settings, publication: given.get("at") };
}

/** The query for a state; what others have in it stays. */
export function write(query, declared, { filters, settings, publication }) {
  const kept = new URLSearchParams(query);
  for (const name of [...kept.keys()]) {
    if (name === "at" || name.startsWith("view.") || name in declared.dimensions) kept.delete(name);
  }
  for (const [name, filter] of Object.entries(filters)) {
    const { kind } = declared.dimensions[name];
    if (kind === "time" || kind === "number") kept.set(name, filter.join(".."));
    else if (kind === "place") kept.set(name, filter.map((one) => Number(one.toFixed(4))).join(","));
    else for (const value of filter) kept.append(name, value ?? NONE);
  }
  for (const [at, { sort, descending, extent }] of Object.entries(settings)) {
    if (extent) kept.set(`view.${at}`, `map:${extent.map((one) => Number(one.toFixed(4))).join(",")}`);
    else if (sort) kept.set(`view.${at}`, `${sort}~${descending === false ? "up" : "down"}`);
  }
  if (publication && (Object.keys(filters).length > 0 || Object.keys(settings).length > 0)) kept.set("at", publication);
  const text = kept.toString();
  return text ? `?${text}` : "";
}
