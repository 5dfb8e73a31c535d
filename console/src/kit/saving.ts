/** Have the browser save text or bytes as a file. */
export function save(content: BlobPart, name: string, type = "application/octet-stream"): void {
  const address = URL.createObjectURL(new Blob([content], { type }));
  const link = Object.assign(document.createElement("a"), { href: address, download: name });
  link.click();
  URL.revokeObjectURL(address);
}

/** RFC 4180. A cell that a spreadsheet would take for a formula starts with an apostrophe. */
export function csv(rows: string[][]): string {
  const cell = (text: string) => `"${text.replace(/^[=+\-@\t\r]/, "'$&").replaceAll('"', '""')}"`;
  return rows.map((row) => row.map(cell).join(",")).join("\r\n");
}

export function pretty(json: string): string {
  return JSON.stringify(JSON.parse(json), null, 2);
}

const UNITS = ["bytes", "KB", "MB", "GB"];

export function size(bytes: number): string {
  const unit = Math.min(UNITS.length - 1, bytes && Math.floor(Math.log10(bytes) / 3));
  return `${Number((bytes / 1000 ** unit).toPrecision(3))} ${UNITS[unit]}`;
}

/** A time of an API, in UTC as log files have it. */
export function time(at: Date | number | undefined): string {
  return at === undefined ? "-" : new Date(at).toISOString().replace(/\.\d+Z$/, "Z");
}
