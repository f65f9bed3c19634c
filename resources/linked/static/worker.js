/** The worker: fetches rows with the user's own cookie, keeps the model, and answers with what there is to show. */
import { readColumns } from "./columns.js";
import { Model } from "./model.js";

let model;

self.onmessage = async ({ data }) => {
  try {
    if (data.load) await load(data.load);
    const begun = performance.now();
    if (data.csv) return self.postMessage({ id: data.id, csv: model.csv(data.csv) });
    model.filter(data.filters);
    const results = model.results(data.settings);
    self.postMessage({ id: data.id, results, took: performance.now() - begun });
  } catch (error) {
    self.postMessage({ id: data.id, error: error.message, status: error.status ?? 0 });
  }
};

async function load({ declared, addresses }) {
  self.postMessage({ progress: 0 });
  const tables = await Promise.all(addresses.map(({ address }) => fetched(address)));
  const publications = Object.fromEntries(addresses.map(({ table }, at) => [table, tables[at].publication]));
  const others = new Map(addresses.slice(1).map(({ table }, at) => [table, readColumns(tables[at + 1].bytes)]));
  const table = readColumns(tables[0].bytes);
  self.postMessage({ publications, rows: table.rows });
  if (table.rows > 0) model = new Model(declared, table, others);
  else throw Object.assign(new Error("There are no rows here."), { status: 204 });
}

async function fetched(address) {
  const answer = await fetch(address, { credentials: "same-origin" });
  if (!answer.ok) {
    const problem = await answer.json().catch(() => ({}));
    throw Object.assign(new Error(problem.detail ?? `The data API answered ${answer.status}.`), { status: answer.status });
  }
  if (!answer.headers.get("content-type")?.startsWith("application/vnd.apache.arrow")) {
    throw Object.assign(new Error("Your log-in has ended."), { status: 401 });
  }
  let read = 0;
  const parts = [];
  for (const reader = answer.body.getReader(); ;) {
    const { done, value } = await reader.read();
    if (done) break;
    parts.push(value);
    self.postMessage({ progress: (read += value.length) });
  }
  const bytes = new Uint8Array(await new Blob(parts).arrayBuffer());
  return { bytes, publication: answer.headers.get("tributary-publication") };
}
