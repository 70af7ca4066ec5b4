/** Says how many of something there are, in a language's own plural and number form: "1 file", "1,024 files". */
export function counter(locale: string): (count: number, one: string, other: string) => string {
  const plural = new Intl.PluralRules(locale);
  const number = new Intl.NumberFormat(locale);
  return (count, one, other) => `${number.format(count)} ${plural.select(count) === "one" ? one : other}`;
}
