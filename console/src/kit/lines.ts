/** The values in a text field, one a line. */
export function lines(text: string): string[] {
  return text.split("\n").map((each) => each.trim()).filter(Boolean);
}
