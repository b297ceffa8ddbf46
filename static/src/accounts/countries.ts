/** The time zone of each country's schools, or of most of them: what is offered for a new one. */
const ZONES: Readonly<Record<string, string>> = {
  AL: "Europe/Tirane",
  AM: "Asia/Yerevan",
  AT: "Europe/Vienna",
  AZ: "Asia/Baku",
  BA: "Europe/Sarajevo",
  BE: "Europe/Brussels",
  BG: "Europe/Sofia",
  CY: "Asia/Nicosia",
  CZ: "Europe/Prague",
  DE: "Europe/Berlin",
  DK: "Europe/Copenhagen",
  EE: "Europe/Tallinn",
  ES: "Europe/Madrid",
  FI: "Europe/Helsinki",
  FR: "Europe/Paris",
  GE: "Asia/Tbilisi",
  GR: "Europe/Athens",
  HR: "Europe/Zagreb",
  HU: "Europe/Budapest",
  IE: "Europe/Dublin",
  IS: "Atlantic/Reykjavik",
  IT: "Europe/Rome",
  JO: "Asia/Amman",
  LB: "Asia/Beirut",
  LI: "Europe/Vaduz",
  LT: "Europe/Vilnius",
  LU: "Europe/Luxembourg",
  LV: "Europe/Riga",
  MD: "Europe/Chisinau",
  ME: "Europe/Podgorica",
  MK: "Europe/Skopje",
  MT: "Europe/Malta",
  NL: "Europe/Amsterdam",
  NO: "Europe/Oslo",
  PL: "Europe/Warsaw",
  PT: "Europe/Lisbon",
  RO: "Europe/Bucharest",
  RS: "Europe/Belgrade",
  SE: "Europe/Stockholm",
  SI: "Europe/Ljubljana",
  SK: "Europe/Bratislava",
  TN: "Africa/Tunis",
  TR: "Europe/Istanbul",
  UA: "Europe/Kiev",
};

/** The countries of eTwinning and its neighbours, as ISO 3166-1 alpha-2. */
export const COUNTRIES: readonly string[] = Object.keys(ZONES);

/** Return the time zone that a country's schools most likely have; none for one not listed. */
export function zoneOf(country: string): string | undefined {
  return ZONES[country];
}

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
