import type { Endpoint, Site } from '../analyzer/analysis.ts';
import { ranking, standingCounts } from './ranking.ts';
import {
  boundariesLeft,
  type FileReport,
  migratedEndpoints,
  type RunReport,
  rewrittenSites,
} from './run-report.ts';
import {
  boundaryLine,
  endpointTitle,
  joined,
  plural,
  type Style,
  styleOf,
  type TerminalOptions,
} from './style.ts';

/**
 * What the default command prints: the ranking, the diff, what is left and why, one summary line.
 * @returns text that ends with a line feed
 */
export function terminalReport(report: RunReport, options: TerminalOptions): string {
  const style = styleOf(options);
  return joined([
    ranking(report.analysis.endpoints, options.top, style),
    diffs(report, style),
    worthALook(report, style),
    leftOnRewritten(report, style),
    wouldQualify(report, style),
    outsideHandlers(report, style),
    failures(report, style),
    summary(report, style),
  ]);
}

function diffs({ files }: RunReport, style: Style): string {
  const changed = files.flatMap((file) => (file.status === 'changed' ? [file.diff] : []));
  // Only the last line feed goes: a diff may end in blank lines that belong to the file.
  return changed.map((diff) => coloredDiff(diff.replace(/\n$/, ''), style)).join('\n\n');
}

function coloredDiff(diff: string, { palette }: Style): string {
  return diff
    .split('\n')
    .map((line, index) => {
      if (index < 2) return palette.bold(line);
      if (line.startsWith('@@')) return palette.cyan(line);
      if (line.startsWith('+')) return palette.green(line);
      return line.startsWith('-') ? palette.red(line) : line;
    })
    .join('\n');
}

/** Code round rewritten sites that a reviewer should see, and tests that mock what is no longer called. */
function worthALook({ hints }: RunReport, { palette, path }: Style): string {
  if (hints.length === 0) return '';
  const lines = hints.map(
    ({ code, message, location }) =>
      `  ${path(location.file)}:${location.line}:${location.column}  ${code} ${message}`,
  );
  return [palette.bold('Worth a look'), ...lines].join('\n');
}

/** Handlers of the plan, and those that qualify although nothing more can be rewritten, with what stays on their path. */
function leftOnRewritten(report: RunReport, style: Style): string {
  const rewritten = rewrittenSites(report);
  const migrated = new Set(migratedEndpoints(report));
  const blocks = report.analysis.endpoints
    .filter((endpoint) => endpoint.verdict === 'migrate' || migrated.has(endpoint))
    .flatMap((endpoint) => {
      const left = boundariesLeft(endpoint, rewritten);
      if (left.length === 0) return [];
      return [
        [
          `  ${endpointTitle(endpoint)}`,
          ...left.map((boundary) => `    ${boundaryLine(boundary, style)}`),
        ].join('\n'),
      ];
    });
  return blocks.length === 0
    ? ''
    : [style.palette.bold('Left on the path of qualifying handlers'), ...blocks].join('\n');
}

function wouldQualify(report: RunReport, style: Style): string {
  const migrated = new Set(migratedEndpoints(report));
  const depending = report.analysis.endpoints.filter(
    (endpoint) => endpoint.verdict === 'depends' && !migrated.has(endpoint),
  );
  if (depending.length === 0) return '';
  // What several handlers need is said once, below all of them.
  const byNeed = new Map<string, string[]>();
  for (const endpoint of depending) {
    const flips = endpoint.flips.length > 0 ? endpoint.flips : endpoint.reasons.slice(0, 1);
    const left = endpoint.boundaries.after.map((boundary) => `      ${boundaryLine(boundary, style)}`);
    const need = [...new Set([...flips.map((flip) => `    ${flip}`), ...left])].join('\n');
    byNeed.set(need, [...(byNeed.get(need) ?? []), `  ${endpointTitle(endpoint)}`]);
  }
  const blocks = [...byNeed].map(([need, titles]) => [...new Set(titles), need].join('\n'));
  return [style.palette.bold('Would qualify if'), ...blocks].join('\n');
}

/** Bridges that no handler leads to: how many a wider run would rewrite, and why the others stay. */
function outsideHandlers(report: RunReport, { palette, path }: Style): string {
  const onPaths = new Set(report.analysis.endpoints.flatMap(({ sites }) => sites));
  const planned = new Set(report.plan.sites.map(({ site }) => site));
  const outside = report.analysis.sites.filter(
    ({ id, outcome }) => !onPaths.has(id) && (outcome.kind === 'leave' || !planned.has(id)),
  );
  if (outside.length === 0) return '';
  const provable = outside.filter(({ outcome }) => outcome.kind === 'rewrite');
  const offer = provable.length === 0 ? '' : ` (--all would rewrite ${provable.length})`;
  const lines = outside
    .filter(({ outcome }) => outcome.kind === 'leave')
    .map((site) => `  ${leftLine(site, path)}`);
  const heading = `${plural(outside.length, 'bridge')} on no handler's path left alone${offer}`;
  return [palette.bold(heading), ...lines].join('\n');
}

function leftLine({ file, line, column, what, outcome }: Site, path: Style['path']): string {
  const reason = outcome.kind === 'leave' ? `  (${outcome.code}: ${outcome.reason})` : '';
  return `${path(file)}:${line}:${column}  ${what}${reason}`;
}

function failures({ files }: RunReport, { palette, path }: Style): string {
  return files
    .filter(isFailed)
    .map((file) => `${palette.red('failed')} ${path(file.path)}: ${file.reason}: ${file.message}`)
    .join('\n');
}

function isFailed(file: FileReport): file is FileReport & { status: 'failed' } {
  return file.status === 'failed';
}

function summary(report: RunReport, { palette }: Style): string {
  const { endpoints, sites } = report.analysis;
  if (endpoints.length === 0 && sites.length === 0) {
    const { scanned } = report.accounting;
    const apart = leftUnread(report).map((text) => ` · ${text}`);
    return `${plural(scanned, 'file')} scanned: no request handler and no bridge found${apart.join('')}.`;
  }
  const counted = `${plural(endpoints.length, 'handler')}: ${standingCounts(endpoints) || 'none'}`;
  const failed = report.files.filter(isFailed).length;
  const parts = [counted, done(report), ...(failed > 0 ? [`${plural(failed, 'file')} failed`] : [])];
  parts.push(...leftUnread(report));
  return palette.bold([...parts, ...boundaryChange(report, migratedEndpoints(report))].join(' · '));
}

/** Reasons to leave a file unread that its author may not know of; declarations, build output and the like go without saying. */
const worthSaying: ReadonlySet<string> = new Set([
  'generated',
  'minified',
  'too-large',
  'unreadable',
  'utf-16',
]);

/** `3 files not read: 2 minified, 1 too-large` */
function leftUnread({ analysis }: RunReport): string[] {
  const counts = new Map<string, number>();
  for (const { reason } of analysis.skipped) {
    if (worthSaying.has(reason)) counts.set(reason, (counts.get(reason) ?? 0) + 1);
  }
  if (counts.size === 0) return [];
  const total = [...counts.values()].reduce((sum, count) => sum + count, 0);
  const reasons = [...counts].sort().map(([reason, count]) => `${count} ${reason}`);
  return [`${plural(total, 'file')} not read: ${reasons.join(', ')}`];
}

function done(report: RunReport): string {
  const changed = report.files.filter(({ status }) => status === 'changed').length;
  if (changed === 0) return report.plan.sites.length === 0 ? 'nothing to rewrite' : 'nothing rewritten';
  const verb = report.mode === 'write' ? 'rewritten' : 'to rewrite';
  const notWritten = report.mode === 'dry-run' ? ' (dry run, nothing written)' : '';
  return `${plural(rewrittenSites(report).size, 'bridge')} ${verb} in ${plural(changed, 'file')}${notWritten}`;
}

/** The number that matters: sync boundaries on the path of the rewritten handlers, now and after. */
function boundaryChange(report: RunReport, migrated: readonly Endpoint[]): string[] {
  if (migrated.length === 0) return [];
  const rewritten = rewrittenSites(report);
  const now = migrated.reduce((sum, { boundaries }) => sum + boundaries.now.length, 0);
  const after = migrated.reduce((sum, endpoint) => sum + boundariesLeft(endpoint, rewritten).length, 0);
  return [`boundaries on their path ${now} → ${after}`];
}
