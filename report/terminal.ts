import pc from 'picocolors';
import type { Analysis, Boundary, Endpoint, Site, Verdict } from '../analyzer/analysis.ts';
import { migratedEndpoints, type RunReport } from './run-report.ts';

export interface TerminalOptions {
  readonly color: boolean;
  /** Rows of the ranking at most; the rest is counted. */
  readonly top: number;
  /** Turns a path of the report into one the reader can open from where they are. */
  readonly displayPath: (path: string) => string;
}

type Palette = ReturnType<typeof pc.createColors>;

interface Style {
  readonly palette: Palette;
  readonly path: (path: string) => string;
}

/**
 * What the default command prints: the ranking, the diff, what is left and why, one summary line.
 * @returns text that ends with a line feed
 */
export function terminalReport(report: RunReport, options: TerminalOptions): string {
  const style = { palette: pc.createColors(options.color), path: options.displayPath };
  const sections = [
    rankingSection(report.analysis.endpoints, options.top, style),
    diffSection(report, style),
    leftSection(report, style),
    failureSection(report, style),
    summaryLine(report, style),
  ];
  return `${sections.filter((section) => section !== '').join('\n\n')}\n`;
}

/** What `analyze` prints: the ranking and how many handlers got which verdict. */
export function analysisTable(analysis: Analysis, options: TerminalOptions): string {
  const style = { palette: pc.createColors(options.color), path: options.displayPath };
  const { endpoints, dynamicRegistrations, projectFindings } = analysis;
  const sections = [
    rankingSection(endpoints, options.top, style),
    projectFindings.map(({ message }) => message).join('\n'),
    dynamicRegistrations
      .map(({ location, reason }) => `dynamic ${style.path(location.file)}:${location.line}: ${reason}`)
      .join('\n'),
    style.palette.bold(`${plural(endpoints.length, 'handler')}: ${verdictCounts(endpoints) || 'none'}`),
  ];
  return `${sections.filter((section) => section !== '').join('\n\n')}\n`;
}

/** The ranking alone: one line per endpoint, best score first. */
function rankingSection(endpoints: readonly Endpoint[], top: number, style: Style): string {
  if (endpoints.length === 0) return '';
  const shown = endpoints.slice(0, top);
  const rows = shown.map((endpoint) => cells(endpoint, style.path));
  const widths = headings.map((heading, index) =>
    Math.max(heading.length, ...rows.map((row) => row[index]?.length ?? 0)),
  );
  const lines = rows.map((row, index) => {
    const line = aligned(row, widths);
    const verdict = shown[index]?.verdict ?? 'stay';
    return verdictColor(style.palette, verdict)(line.slice(0, verdict.length)) + line.slice(verdict.length);
  });
  const rest = hiddenCount(endpoints.slice(top));
  return [style.palette.bold(aligned(headings, widths)), ...lines, ...rest].join('\n');
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
    endpoint.verdict,
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

function hiddenCount(hidden: readonly Endpoint[]): string[] {
  if (hidden.length === 0) return [];
  return [`… ${verdictCounts(hidden)} more: migrate-async analyze lists every handler`];
}

function verdictCounts(endpoints: readonly Endpoint[]): string {
  const order: readonly Verdict[] = ['migrate', 'depends', 'stay'];
  const counts = order.map(
    (verdict) => [verdict, endpoints.filter((endpoint) => endpoint.verdict === verdict).length] as const,
  );
  return counts
    .filter(([, count]) => count > 0)
    .map(([verdict, count]) => `${count} ${verdict}`)
    .join(', ');
}

function verdictColor(palette: Palette, verdict: Verdict): (text: string) => string {
  return { migrate: palette.green, depends: palette.yellow, stay: palette.dim }[verdict];
}

function diffSection(report: RunReport, { palette }: Style): string {
  const diffs = report.files.flatMap((file) => (file.status === 'changed' ? [file.diff.trimEnd()] : []));
  return diffs.map((diff) => colorDiff(diff, palette)).join('\n\n');
}

function colorDiff(diff: string, palette: Palette): string {
  return diff
    .split('\n')
    .map((line) => {
      if (/^(?:---|\+\+\+) /.test(line)) return palette.bold(line);
      if (line.startsWith('@@')) return palette.cyan(line);
      if (line.startsWith('+')) return palette.green(line);
      return line.startsWith('-') ? palette.red(line) : line;
    })
    .join('\n');
}

/** Boundaries that stay on the path of the handlers that are rewritten, then what keeps the next ones from qualifying. */
function leftSection(report: RunReport, style: Style): string {
  const migrated = migratedEndpoints(report);
  const blocks = migrated
    .filter(({ boundaries }) => boundaries.after.length > 0)
    .map((endpoint) => leftOn(endpoint, style));
  const depending = report.analysis.endpoints.filter(
    (endpoint) => endpoint.verdict === 'depends' && !migrated.includes(endpoint),
  );
  const sections: string[] = [];
  if (blocks.length > 0)
    sections.push([style.palette.bold('Left on the path of rewritten handlers'), ...blocks].join('\n'));
  if (depending.length > 0) {
    sections.push(
      [
        style.palette.bold('Would qualify if'),
        ...depending.map((endpoint) => wouldQualify(endpoint, style)),
      ].join('\n'),
    );
  }
  const outside = outsideHandlers(report);
  if (outside.length > 0) sections.push(outsideNote(outside, style));
  return sections.join('\n\n');
}

function leftOn(endpoint: Endpoint, { path }: Style): string {
  return [
    `  ${title(endpoint)}`,
    ...endpoint.boundaries.after.map((boundary) => `    ${boundaryLine(boundary, path)}`),
  ].join('\n');
}

function boundaryLine({ location, what, code, kind }: Boundary, path: (path: string) => string): string {
  const reason = code === undefined ? kind : `${code} ${kind}`;
  return `${path(location.file)}:${location.line}:${location.column}  ${shortened(what)}  (${reason})`;
}

/** A closure may hold many operations; the place says where the rest can be read. Characters. */
const longestName = 72;

function shortened(what: string): string {
  return what.length <= longestName ? what : `${what.slice(0, longestName - 1).trimEnd()}…`;
}

function wouldQualify(endpoint: Endpoint, { path }: Style): string {
  const flips = endpoint.flips.length > 0 ? endpoint.flips : endpoint.reasons.slice(0, 1);
  const left = endpoint.boundaries.after.map((boundary) => `      ${boundaryLine(boundary, path)}`);
  return [`  ${title(endpoint)}`, ...flips.map((flip) => `    ${flip}`), ...left].join('\n');
}

function title({ method, paths, handler }: Endpoint): string {
  return `${method} ${paths[0] ?? ''}${handler ? `  ${handler.name}` : ''}`;
}

function outsideHandlers({ analysis }: RunReport): readonly Site[] {
  const onPaths = new Set(analysis.endpoints.flatMap(({ sites }) => sites));
  return analysis.sites.filter(({ id }) => !onPaths.has(id));
}

function outsideNote(sites: readonly Site[], { palette, path }: Style): string {
  const [first] = sites;
  const place = first === undefined ? '' : `, first at ${path(first.file)}:${first.line}`;
  return palette.dim(
    `${plural(sites.length, 'bridge')} on no handler's path${place}: left alone, --all includes them.`,
  );
}

function failureSection(report: RunReport, { palette, path }: Style): string {
  const failures = report.files.flatMap((file) => (file.status === 'failed' ? [file] : []));
  return failures
    .map((file) => `${palette.red('failed')} ${path(file.path)}: ${file.reason}: ${file.message}`)
    .join('\n');
}

function summaryLine(report: RunReport, { palette }: Style): string {
  const { endpoints } = report.analysis;
  if (endpoints.length === 0 && report.analysis.sites.length === 0) {
    return `${plural(report.accounting.scanned, 'file')} scanned: no request handler and no bridge found.`;
  }
  const changed = report.files.filter(({ status }) => status === 'changed');
  const sites = changed.reduce((sum, file) => sum + (file.status === 'changed' ? file.sites.length : 0), 0);
  const counted = `${plural(endpoints.length, 'handler')}: ${verdictCounts(endpoints) || 'none'}`;
  const done =
    changed.length === 0
      ? 'nothing to rewrite'
      : `${plural(sites, 'bridge')} ${verb(report)} in ${plural(changed.length, 'file')}`;
  const notWritten = report.mode === 'dry-run' && changed.length > 0 ? ' (dry run, nothing written)' : '';
  return palette.bold(`${counted} · ${done}${notWritten}${boundaryChange(report)}`);
}

function verb({ mode }: RunReport): string {
  return mode === 'write' ? 'rewritten' : 'to rewrite';
}

/** The number that matters: sync boundaries on the path of the rewritten handlers, now and after. */
function boundaryChange(report: RunReport): string {
  const migrated = migratedEndpoints(report);
  if (migrated.length === 0) return '';
  const now = migrated.reduce((sum, { boundaries }) => sum + boundaries.now.length, 0);
  const after = migrated.reduce((sum, { boundaries }) => sum + boundaries.after.length, 0);
  return ` · boundaries on their path ${now} → ${after}`;
}

function plural(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}
