// SQL with places to fill in, as classes for functions and aggregates give it: `%(function)s(%(expressions)s)`.

const place = /%(?:%|\((\w+)\)s)/g;

/** The template with its places filled in; `%%` is a percent sign. */
export function filled(template: string, parts: Readonly<Record<string, string>>): string {
  return template.replaceAll(place, (mark, part: string | undefined) =>
    part === undefined ? '%' : (parts[part] ?? mark),
  );
}

/** @throws TypeError for a place that there is nothing for */
export function requirePlaces(template: string, known: readonly string[]): void {
  for (const [, part] of template.matchAll(place)) {
    if (part === undefined || known.includes(part)) continue;
    const names = known.map((name) => `%(${name})s`);
    const last = names.pop();
    throw new TypeError(`A template names ${names.join(', ')} and ${last} only, not %(${part})s.`);
  }
}

export interface AggregateTexts {
  readonly function: string;
  /** `DISTINCT `, or nothing. */
  readonly distinct: string;
  readonly expressions: string;
  /** ` ORDER BY …`, or nothing. */
  readonly orderBy: string;
}
export const aggregatePlaces: readonly (keyof AggregateTexts)[] = [
  'function',
  'distinct',
  'expressions',
  'orderBy',
];

const plain = '%(function)s(%(distinct)s%(expressions)s%(orderBy)s)';
/** An aggregate by its template, or written as a call. What that has no place for stands with the arguments, so that nothing is lost. */
export function aggregateSql(template: string | undefined = plain, texts: AggregateTexts): string {
  const names = (part: keyof AggregateTexts) => template.includes(`%(${part})s`);
  const before = names('distinct') ? '' : texts.distinct;
  const after = names('orderBy') ? '' : texts.orderBy;
  return filled(template, { ...texts, expressions: `${before}${texts.expressions}${after}` });
}
