import type { Site, SiteOutcome } from '../analyzer/analysis.ts';
import type { Bridge } from '../analyzer/evidence/bridge.ts';
import { columnOf, lineOf } from '../analyzer/sources/index.ts';
import { connectionStateRefusal } from './connection-state.ts';
import { excerpt } from './excerpt.ts';
import { type Form, type FormContext, type FormMatch, leave } from './forms/form.ts';
import { forms } from './forms/index.ts';
import { referenceRefusal, refusal } from './guards.ts';
import { clash } from './judge-call.ts';
import { orderRefusal } from './ordering.ts';
import { lateRefusal } from './shared-state.ts';
import { suppressionOf } from './suppressions.ts';
import { bridgeEnd, bridgeStart } from './unwrap.ts';

/** What becomes of a bridge, and by which form. */
export type Decision =
  | { readonly kind: 'rewrite'; readonly form: Form }
  | (FormMatch & { readonly kind: 'leave' });

/** Decides what becomes of a bridge: reasons to leave it come first, then the first form that fits. */
export function decide(bridge: Bridge, context: FormContext): Decision {
  const suppressed = suppressionOf(bridge);
  if (suppressed !== undefined) return leave(suppressed.code, `suppressed here: ${suppressed.reason}`);
  const refused = refusal(bridge, context.evaluator);
  if (refused !== undefined) return refused;
  for (const form of forms) {
    const match = form.match(bridge, context);
    if (match === undefined) continue;
    if (match.kind === 'leave') return match;
    const late = bridge.closure === undefined ? lateRefusal(bridge) : undefined;
    return (
      clashRefusal(bridge) ??
      connectionRefusal(bridge, context) ??
      late ??
      orderRefusal(bridge, context) ?? { kind: 'rewrite', form }
    );
  }
  return bridge.closure === undefined
    ? referenceRefusal(bridge, context.evaluator)
    : leave('MA112', 'the wrapped function is not one that can be made async');
}

/** `W(getObjectOr404)` where the name of its twin is taken. */
function clashRefusal({ file, closure, operations }: Bridge): (FormMatch & { kind: 'leave' }) | undefined {
  if (closure !== undefined) return undefined;
  return operations.map((operation) => clash(file, operation)).find((found) => found !== undefined);
}

/** `W(cursor.execute)(sql)`. */
function connectionRefusal(
  { file, closure, operations, application }: Bridge,
  { evaluator }: FormContext,
): (FormMatch & { kind: 'leave' }) | undefined {
  const [operation] = operations;
  if (closure !== undefined || operation === undefined) return undefined;
  return connectionStateRefusal(evaluator, file, operation, application?.arguments[0]);
}

export const transformName = 'native-orm';

export function siteId(bridge: Bridge): string {
  return `${bridge.file.path}:${bridgeStart(bridge)}`;
}

/** The site of a bridge, with its outcome. */
export function siteOf(bridge: Bridge, context: FormContext): Site {
  const decision = decide(bridge, context);
  const outcome: SiteOutcome =
    decision.kind === 'rewrite' ? { kind: 'rewrite', form: decision.form.name } : decision;
  return {
    id: siteId(bridge),
    transform: transformName,
    file: bridge.file.path,
    start: bridgeStart(bridge),
    end: bridgeEnd(bridge),
    line: lineOf(bridge.application ?? bridge.wrap),
    column: columnOf(bridge.application ?? bridge.wrap),
    what: what(bridge),
    outcome,
    operations: bridge.operations.map(({ name, twin, model, writes }) => ({ name, twin, model, writes })),
  };
}

/** Longest text that still names a site on one line. Characters. */
const longestName = 80;

function what({ file, argument, closure, operations, wrap }: Bridge): string {
  if (closure !== undefined && operations.length > 0)
    return operations
      .map(({ receiver, name }) =>
        receiver ? `${excerpt(file.textOf(receiver), longestName)}.${name}` : name,
      )
      .join(', ');
  return excerpt(file.textOf(argument ?? wrap), longestName);
}
