/**
 * A route as every notation of it reads: `:id`, `{id}`, `[id]`, `<int:id>` become `{}`; `*`, `[...x]`, `{x*}` become `{*}`.
 * Route groups, trailing slashes and the case of the fixed parts of Next's folders do not count.
 */
export function canonicalRoute(route: string): string {
  const segments = route
    // A question mark in a template makes a parameter optional; a query has names and values.
    .replace(/\?[\w.-]+=.*$|#.*$/, '')
    .split('/')
    .filter((segment) => segment !== '' && !/^\(.*\)$/.test(segment) && !segment.startsWith('@'))
    .map(canonicalSegment);
  return `/${segments.join('/')}`;
}

function canonicalSegment(segment: string): string {
  if (segment === '*' || segment === '**' || /^\[{1,2}\.{3}.+\]{1,2}$/.test(segment)) return '{*}';
  if (/^\{[^}]*\*\}$|^\{\*[^}]*\}$|^\*\w+$|^:[\w]+(?:\(\.\*\)|\*|\+)$/.test(segment)) return '{*}';
  if (/^\[[^\]]+\]$|^\{[^}]*\}$|^<[^>]+>$|^«.*»$/.test(segment)) return '{}';
  return segment.replace(/:\w+(?:\([^)]*\))?(?:\{[^}]*\})?\??/g, '{}').replace(/\{\w[^}]*\}/g, '{}');
}
