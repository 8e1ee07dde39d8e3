import type { Analysis, Endpoint, Verdict } from '../analyzer/analysis.ts';
import { joined, plural, type Style, styleOf, type TerminalOptions } from './style.ts';

/** What `analyze` prints: the ranking, what concerns many handlers, what failed, how many got which verdict. */
export function analysisTable(analysis: Analysis, options: TerminalOptions): string {
  const style = styleOf(options);
  const { endpoints, dynamicRegistrations, failed } = analysis;
  const { palette, path } = style;
  return joined([
    ranking(endpoints, options.top, style),
    projectLines(analysis, style),
    tracedTraffic(analysis, style),
    dynamicRegistrations
      .map(({ location, reason }) => `dynamic ${path(location.file)}:${location.line}: ${reason}`)
      .join('\n'),
    failed
      .map(
        (file) => `${palette.red('failed')} ${path(file.path)}:${file.line}:${file.column}: ${file.message}`,
      )
      .join('\n'),
    palette.bold(
      [
        `${plural(endpoints.length, 'handler')}: ${standingCounts(endpoints) || 'none'}`,
        ...blockers(analysis),
      ].join('; '),
    ),
  ]);
}

/** What concerns several handlers, with the place that shows it. */
function projectLines({ projectFindings }: Analysis, { path, palette }: Style): string {
  return projectFindings
    .map(({ message, location }) =>
      location === undefined
        ? message
        : `${message}${palette.dim(`  ${path(location.file)}:${location.line}`)}`,
    )
    .join('\n');
}

/** Middleware in front of many handlers: what one change to it would unlock. */
function blockers({ projectFindings }: Analysis): string[] {
  const found = projectFindings.filter(({ kind }) => /^(?:sync|bridged)-middleware$/.test(kind));
  if (found.length === 0) return [];
  const unlocked = new Set(found.flatMap(({ endpoints }) => endpoints)).size;
  return [
    `${plural(found.length, 'project-level blocker')} ${found.length === 1 ? 'unlocks' : 'unlock'} ${unlocked}`,
  ];
}

/** Routes of unmatched requests, and handlers without any, that are listed before the rest is counted. */
const mostTraffic = 10;

/** What the traces hold that no handler answers, and which handlers they hold nothing of. */
function tracedTraffic({ traces, endpoints }: Analysis, { palette }: Style): string {
  if (traces === undefined) return '';
  const silent = new Set(traces.withoutTraffic);
  const unmatched = traces.unmatched.map(
    ({ method, route, requests }) => `  ${`${method} ${route}`.trim()}  ${plural(requests, 'request')}`,
  );
  const without = endpoints
    .filter(({ id }) => silent.has(id))
    .map(({ method, paths }) => `  ${method} ${paths[0] ?? ''}`);
  const sections = [
    ...(unmatched.length === 0 ? [] : [palette.bold('Requests in the traces that no handler was found for')]),
    ...firstOf(unmatched),
    ...(without.length === 0 ? [] : [palette.bold('No traffic in the traces, so estimated from the source')]),
    ...firstOf(without),
    ...traces.warnings.map((warning) => palette.yellow(warning)),
  ];
  return sections.join('\n');
}

function firstOf(lines: readonly string[]): string[] {
  const hidden = lines.length - mostTraffic;
  return [...lines.slice(0, mostTraffic), ...(hidden > 0 ? [`  … and ${hidden} more`] : [])];
}

/** One line per endpoint, best score first, and how many there are beyond `top`. */
export function ranking(endpoints: readonly Endpoint[], top: number, style: Style): string {
  if (endpoints.length === 0) return '';
  const shown = endpoints.slice(0, top);
  const rows = shown.map((endpoint) => cells(endpoint, style.path));
  const widths = headings.map((heading, index) =>
    Math.max(heading.length, ...rows.map((row) => row[index]?.length ?? 0)),
  );
  const lines = shown.map((endpoint, index) => {
    const standing = standingOf(endpoint);
    const line = aligned(rows[index] ?? [], widths);
    return standingColor(style, standing)(line.slice(0, standing.length)) + line.slice(standing.length);
  });
  return [style.palette.bold(aligned(headings, widths)), ...lines, ...rest(endpoints.slice(top))].join('\n');
}

/** How many endpoints have which standing: `3 migrate, 1 stay`. */
export function standingCounts(endpoints: readonly Endpoint[]): string {
  return standings
    .map(
      (standing) =>
        [standing, endpoints.filter((endpoint) => standingOf(endpoint) === standing).length] as const,
    )
    .filter(([, count]) => count > 0)
    .map(([standing, count]) => `${count} ${standing}`)
    .join(', ');
}

/** The verdict, or `done` for a handler that stays because there is nothing left to migrate on its path. */
type Standing = Verdict | 'done';

const standings: readonly Standing[] = ['migrate', 'depends', 'done', 'stay'];

function standingOf({ verdict, gates }: Endpoint): Standing {
  return gates.some(({ gate }) => gate === 'already-native') ? 'done' : verdict;
}

function standingColor({ palette }: Style, standing: Standing): (text: string) => string {
  return { migrate: palette.green, depends: palette.yellow, done: palette.dim, stay: palette.dim }[standing];
}

const headings = [
  'VERDICT',
  'SCORE',
  'METHOD',
  'PATH',
  'EXT(k)',
  'D95',
  'BOUNDARIES',
  'P95 ms',
  'CONF',
  'WHERE',
];
const rightAligned = new Set(['SCORE', 'EXT(k)', 'P95 ms']);

function cells(endpoint: Endpoint, path: (path: string) => string): string[] {
  const { boundaries, estimate, externals } = endpoint;
  const where = endpoint.handler ?? endpoint.location;
  return [
    standingOf(endpoint),
    String(Math.round(endpoint.score)),
    endpoint.method,
    endpoint.paths.join(' | '),
    `${externals.length}(${estimate.factors.slowCalls})`,
    percentRange(estimate.d95),
    `${boundaries.now.length} → ${boundaries.after.length}`,
    String(Math.round(estimate.p95[1])),
    endpoint.confidence,
    `${path(where.file)}:${where.line}`,
  ];
}

function aligned(row: readonly string[], widths: readonly number[]): string {
  return row
    .map((cell, index) => {
      const width = widths[index] ?? 0;
      return rightAligned.has(headings[index] ?? '') ? cell.padStart(width) : cell.padEnd(width);
    })
    .join('  ')
    .trimEnd();
}

function percentRange([low, , high]: readonly [number, number, number]): string {
  const [from, to] = [Math.round(low * 100), Math.round(high * 100)];
  return from === to ? `${from}%` : `${from}–${to}%`;
}

function rest(hidden: readonly Endpoint[]): string[] {
  if (hidden.length === 0) return [];
  return [
    `… and ${hidden.length} more (${standingCounts(hidden)}): migrate-async analyze lists every handler`,
  ];
}
