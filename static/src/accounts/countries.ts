/** The countries of eTwinning and its neighbours, as ISO 3166-1 alpha-2. */
export const COUNTRIES = (
  "AL AM AT AZ BA BE BG CY CZ DE DK EE ES FI FR GE GR HR HU IE IS IT JO LB LI LT LU LV MD ME MK " +
  "MT NL NO PL PT RO RS SE SI SK TN TR UA"
).split(" ");

/** Name a country in the language of the page. */
export function countryName(code: string): string {
  try {
    return (
      new Intl.DisplayNames(document.documentElement.lang, { type: "region" }).of(code) ?? code
    );
  } catch {
    return code; // not a code of that form
  }
}
