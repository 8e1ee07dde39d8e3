import type { Boundary, Endpoint, Location, Site } from '../analysis.ts';
import type { Bridge } from '../evidence/bridge.ts';
import { type Explanation, line, locationOf, partsOf, stepTree } from '../evidence/index.ts';
import { holds } from '../evidence/walk.ts';
import { isFunction, lastLineOf, lineOf, type SourceFile, walk } from '../sources/index.ts';
import { canonicalRoute } from '../traces/index.ts';
import type { ExaminedEndpoint, Settings } from './examine.ts';
import { boundaryFactor, slowCalls } from './score.ts';
import { count, milliseconds, percent } from './verdict.ts';

/** What an explanation is made from. */
export interface Explained {
  readonly endpoints: readonly ExaminedEndpoint[];
  readonly siteOf: (bridge: Bridge) => Site;
  readonly settings: Settings;
}

/**
 * The whole reasoning about the handlers that a person asks for, as trees to follow and check.
 * @param asked `file:line`, inside a handler or on its registration, or `METHOD /path`
 * @returns one tree per handler; none when nothing matches
 */
export function explain(examination: Explained, asked: string): readonly Explanation[] {
  return examination.endpoints
    .filter((examined) => isAskedFor(examined, asked.trim()))
    .map((examined) => explanationOf(examined, examination));
}

/**
 * The handlers that come by a place in a function that is not theirs: the whole reasoning about the only one, or else
 * the name of each.
 * @param asked 1-based line of the file
 */
export function explainThrough(
  examination: Explained,
  file: SourceFile,
  asked: number,
): readonly Explanation[] {
  const around: Location[] = [];
  walk(file.ast.program, (node) => {
    if (isFunction(node) && lineOf(node) <= asked && asked <= lastLineOf(node))
      around.push(locationOf(file, node));
    return true;
  });
  const isWanted = (target: Location) =>
    around.some(
      ({ line: own, column }) => target.file === file.path && own === target.line && column === target.column,
    );
  const through = examination.endpoints.filter(({ evidence }) =>
    holds(evidence.step, (step) => step.kind === 'call' && isWanted(step.target), partsOf),
  );
  const [only, ...more] = through;
  if (only === undefined) return [];
  if (more.length === 0) return [explanationOf(only, examination)];
  const names = through.map(({ endpoint }) =>
    line(titleOf(endpoint), [], endpoint.handler ?? endpoint.location),
  );
  return [line(`On the path of ${through.length} handlers`, names)];
}

function isAskedFor({ endpoint, handler }: ExaminedEndpoint, asked: string): boolean {
  const [, method, path] = /^([A-Za-z]+)\s+(\/\S*)$/.exec(asked) ?? [];
  if (method !== undefined && path !== undefined) {
    const wanted = canonicalRoute(path);
    const answers = endpoint.method === 'ALL' || endpoint.method === method.toUpperCase();
    return answers && endpoint.paths.some((own) => canonicalRoute(own) === wanted);
  }
  const [, file, given] = /^(.+?):(\d+)(?::\d+)?$/.exec(asked) ?? [];
  if (file === undefined) return false;
  const own = Number(given);
  if (endsWithPath(endpoint.location.file, file) && endpoint.location.line === own) return true;
  const value = handler.target?.value;
  if (value === undefined || !endsWithPath(value.file.path, file)) return false;
  return lineOf(value.node) <= own && own <= lastLineOf(value.node);
}

function endsWithPath(path: string, wanted: string): boolean {
  const clean = wanted.replace(/^\.\//, '');
  return path === clean || path.endsWith(`/${clean}`) || clean.endsWith(`/${path}`);
}

function explanationOf(examined: ExaminedEndpoint, { siteOf, settings }: Explained): Explanation {
  const { endpoint, evidence } = examined;
  const children = [
    line(
      'Why',
      endpoint.reasons.map((reason) => line(reason)),
    ),
    scoreLine(examined, settings),
    timeLine(endpoint, settings),
    line('What a request does', stepTree(evidence.step, siteOf)),
    middlewareLine(endpoint),
    boundaryLine(endpoint),
    ...(endpoint.traced === undefined ? [] : [traceLine(endpoint.traced)]),
    confidenceLine(examined),
    line(
      'What would change the verdict',
      endpoint.flips.map((flip) => line(flip)),
    ),
    line(
      'Worth changing',
      (endpoint.advice ?? []).map(({ message, location }) => line(message, [], location)),
    ),
  ];
  const told = children.filter(({ children: below, text }) => below.length > 0 || text.includes(':'));
  return line(titleOf(endpoint), told, endpoint.handler ?? endpoint.location);
}

function titleOf({ gates, method, paths, verdict, score }: Endpoint): string {
  // As the ranking calls it: nothing is left to do.
  const isDone = gates.some(({ gate }) => gate === 'already-native');
  return `${method} ${paths.join(', ')}: ${isDone ? 'done' : verdict}, score ${score}`;
}

function scoreLine({ endpoint, facts, given }: ExaminedEndpoint, { weights }: Settings): Explanation {
  const { score, estimate } = endpoint;
  const { d95, asyncShare, slowCalls: k, middleware, boundariesLeft } = estimate.factors;
  // Measured calls have names only; estimated ones are external calls of the source, in their order.
  const calls = given.calls.map((call, index) => {
    const { basis, location } = (endpoint.traced === undefined && facts.perRequest[index]) || {
      basis: 'traced',
    };
    const often = call.rounds > 1 ? `, ${Number(call.rounds.toFixed(1))} times` : '';
    const counts = slowCalls([call], weights);
    const text = `${call.name}: p95 ${milliseconds(call.p95)} (${basis})${often} counts ${counts}`;
    return line(text, [], location);
  });
  return line(`Score: ${score} = 100 · D95 · A · (1 − 2^−k) · H · G(B)`, [
    line(`D95 = ${d95.toFixed(2)}: share of the slow requests spent on external waits`),
    line(`A = ${asyncShare.toFixed(2)}: share of that behind clients that do not block`),
    line(`k = ${k}: slow external calls, so 1 − 2^−k = ${(1 - 2 ** -k).toFixed(2)}`, calls),
    line(
      `H = ${middleware}: ${middleware === 1 ? 'no sync-only middleware is left' : 'sync-only middleware forces adaptation'}`,
    ),
    line(
      `G = ${boundaryFactor(boundariesLeft, weights)}: ${count(boundariesLeft, 'boundary', 'boundaries')} left after the rewrite`,
    ),
  ]);
}

function timeLine({ estimate, evidence }: Endpoint, { runtime }: Settings): Explanation {
  const range = ([low, middle, high]: readonly [number, number, number]) =>
    low === high
      ? milliseconds(middle)
      : `${milliseconds(middle)} (${milliseconds(low)} to ${milliseconds(high)})`;
  const [low, middle, high] = estimate.d95;
  const waiting = runtime.laneWait > 0 ? ` and waits ${milliseconds(runtime.laneWait)} for a lane` : '';
  return line(`Time: ${evidence === 'traces' ? 'measured' : 'estimated'}`, [
    line(`p95 today ${range(estimate.p95)}, after the rewrite ${range(estimate.p95After)}`),
    line(`external at p95: ${percent(middle)} (${percent(low)} to ${percent(high)})`),
    line(
      `holds a lane ${milliseconds(estimate.hold.now)} per request, ${milliseconds(estimate.hold.after)} after`,
      capacity(estimate.hold.now),
    ),
    line(
      `a crossing costs ${Number(runtime.crossing.p50.toPrecision(2))} ms at p50${waiting} (${runtime.basis})`,
    ),
  ]);
}

/** Hold time as what it means: how many requests one lane can carry. */
function capacity(hold: number): readonly Explanation[] {
  if (hold <= 0) return [];
  return [line(`one lane is full at about ${Math.max(1, Math.round(1000 / hold))} requests a second`)];
}

function middlewareLine({ middlewares }: Endpoint): Explanation {
  return line(
    'Middleware',
    middlewares.map(({ name, kind, location }) => line(`${name}: ${kind}`, [], location)),
  );
}

function boundaryLine({ boundaries }: Endpoint): Explanation {
  const left = new Set(boundaries.after);
  const told = ({ kind, what, code, location }: Boundary, stays: boolean) => {
    const fate = stays ? `left${code === undefined ? '' : ` (${code})`}` : 'removed';
    return line(`${kind}: ${what}, ${fate}`, [], location);
  };
  return line(
    `Boundaries: ${boundaries.now.length} now, ${boundaries.after.length} after the rewrite`,
    boundaries.now.map((boundary) => told(boundary, left.has(boundary))),
  );
}

function traceLine(traced: NonNullable<Endpoint['traced']>): Explanation {
  const {
    requests,
    from,
    to,
    p50,
    p95,
    bounds,
    calls,
    laneWait,
    hold,
    saveable,
    lateQueries,
    repeated,
    matchedBy,
  } = traced;
  return line(
    `Traces: ${count(requests, 'request')} from ${from} to ${to}, matched by ${matchedBy.join(', ')}`,
    [
      line(`p50 ${milliseconds(p50)}, p95 ${milliseconds(p95)}`),
      line(
        `D95 between ${percent(bounds[0])} (external alone) and ${percent(bounds[1])} (external with others)`,
      ),
      ...calls.map((call) =>
        line(
          `${call.name}: ${milliseconds(call.p50)}/${milliseconds(call.p95)}, ${call.rounds.toFixed(1)} per request`,
        ),
      ),
      ...(hold === undefined
        ? []
        : [line(`holds a lane ${milliseconds(hold)}, after waiting ${milliseconds(laneWait)} for it`)]),
      ...(saveable > 0
        ? [line(`overlapping the calls that follow each other would save ${milliseconds(saveable)}`)]
        : []),
      ...(lateQueries > 0
        ? [line(`${percent(lateQueries)} of requests query after an external call has ended`)]
        : []),
      ...repeated.map(({ query, times }) => line(`runs ${times.toFixed(1)} times a request: ${query}`)),
    ],
  );
}

function confidenceLine({ endpoint, facts, handler }: ExaminedEndpoint): Explanation {
  const reasons: Explanation[] = [];
  if (endpoint.evidence === 'static')
    reasons.push(line('from the source alone: latencies are priors, so never more than medium'));
  if (facts.confidence < 1)
    reasons.push(line(`the least sure way to a wait is ${percent(facts.confidence)} sure`));
  if (handler.condition !== undefined) reasons.push(line(`registered only if ${handler.condition}`));
  for (const { text, location } of endpoint.unknownCalls)
    reasons.push(line(`could not be followed: ${text}`, [], location));
  return line(`Confidence: ${endpoint.confidence}`, reasons);
}
