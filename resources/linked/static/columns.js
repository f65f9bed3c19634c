/**
 * Columns of an Arrow stream as typed arrays; text is coded by a dictionary, from its bytes, without a string a row.
 *
 * A column is `{kind: "text", codes, values, labels?}`, where the code -1 is null and labels are what people
 * read, or `{kind: "number" | "day" | "time", values}`
 * with NaN for null. Days count from 1970-01-01; times are milliseconds since then; decimals are numbers.
 */
import "./vendor/flechette.min.js"; // a UMD bundle, which leaves its names in `fl`

const { tableFromIPC, Type } = globalThis.fl;

export const DAY_MS = 86_400_000;

/** The columns of an Arrow stream by name, and how many rows it has. */
export function readColumns(bytes) {
  const table = tableFromIPC(bytes);
  const columns = new Map();
  for (const field of table.schema.fields) {
    columns.set(field.name, readColumn(table.getChild(field.name), field.type.typeId));
  }
  return { rows: table.numRows, columns };
}

function readColumn(column, type) {
  if (type === Type.Utf8) return coded(column);
  if (type === Type.Bool) return booleans(column);
  const values = new Float64Array(column.length);
  let row = 0;
  for (const batch of column.data) {
    const read = type === Type.Decimal ? decimals(batch) : (i) => batch.at(i);
    for (let i = 0; i < batch.length; i++) values[row++] = read(i) ?? NaN;
  }
  if (type === Type.Date) for (let i = 0; i < row; i++) values[i] /= DAY_MS;
  return { kind: type === Type.Date ? "day" : type === Type.Timestamp ? "time" : "number", values };
}

/** Reads decimals of 128 bits as the nearest numbers, which dividing whole and fraction apart would miss. */
function decimals(batch) {
  const { values, type: { scale } } = batch;
  const [low, high] = [new Uint32Array(values.buffer, values.byteOffset), new Int32Array(values.buffer, values.byteOffset)];
  return (i) => {
    if (batch.nullCount > 0 && !batch.isValid(i)) return null;
    const sign = high[4 * i + 1] < 0 ? -1 : 0;
    const isShort = high[4 * i + 2] === sign && high[4 * i + 3] === sign;
    return isShort ? (high[4 * i + 1] * 2 ** 32 + low[4 * i]) / 10 ** scale : batch.at(i);
  };
}

function booleans(column) {
  const codes = new Int32Array(column.length);
  let row = 0;
  for (const batch of column.data) {
    for (let i = 0; i < batch.length; i++) {
      const value = batch.at(i);
      codes[row++] = value === null ? -1 : Number(value);
    }
  }
  return { kind: "text", codes, values: ["false", "true"], labels: ["no", "yes"] };
}

/** Code texts by an open hash table (FNV-1a over their bytes); values are in order of first appearance. */
function coded(column) {
  const codes = new Int32Array(column.length);
  const decoder = new TextDecoder();
  const values = [];
  const known = []; // the bytes of each value
  let slots = new Int32Array(1 << 10).fill(-1);
  let hashes = new Int32Array(1 << 9);

  const grow = () => {
    slots = new Int32Array(slots.length * 2).fill(-1);
    const wider = new Int32Array(slots.length / 2);
    wider.set(hashes);
    hashes = wider;
    for (let code = 0; code < values.length; code++) {
      let slot = hashes[code] & (slots.length - 1);
      while (slots[slot] >= 0) slot = (slot + 1) & (slots.length - 1);
      slots[slot] = code;
    }
  };
  const codeOf = (bytes, from, to) => {
    let hash = 0x811c9dc5;
    for (let i = from; i < to; i++) hash = Math.imul(hash ^ bytes[i], 0x01000193);
    hash ^= hash >>> 15;
    let slot = hash & (slots.length - 1);
    for (; slots[slot] >= 0; slot = (slot + 1) & (slots.length - 1)) {
      const code = slots[slot];
      if (hashes[code] === hash && same(known[code], bytes, from, to)) return code;
    }
    const code = values.length;
    known.push(bytes.subarray(from, to));
    values.push(decoder.decode(known[code]));
    hashes[code] = hash;
    slots[slot] = code;
    if (values.length >= slots.length / 2) grow();
    return code;
  };

  let row = 0;
  for (const batch of column.data) {
    for (let i = 0; i < batch.length; i++) {
      const isNull = batch.nullCount > 0 && !batch.isValid(i);
      codes[row++] = isNull ? -1 : codeOf(batch.values, batch.offsets[i], batch.offsets[i + 1]);
    }
  }
  return { kind: "text", codes, values };
}

function same(known, bytes, from, to) {
  if (known.length !== to - from) return false;
  for (let i = 0; i < known.length; i++) if (known[i] !== bytes[from + i]) return false;
  return true;
}
