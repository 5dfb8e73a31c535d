/** What stands on the lines of a text field, one value a line. */
export function lines(text: string): string[] {
  return text.split("\n").map((each) => each.trim()).filter(Boolean);
}
