import type { Step } from '../../../analyzer/evidence/index.ts';
import { application, examinedOf, type Files } from './project.ts';

/** The shape of a summary, short enough to read: `seq(io, par(io, bridge(orm)))`. */
function shape(step: Step): string {
  switch (step.kind) {
    case 'seq':
      return step.steps.map(shape).join(' ');
    case 'par':
      return `${step.until === 'all' ? 'par' : 'race'}(${step.steps.map(shape).join(', ')})`;
    case 'branch':
      return `branch(${step.arms.map((arm) => `${arm.probability}: ${shape(arm.step)}`).join(', ')})`;
    case 'loop':
      return `loop[${step.rounds.kind === 'known' ? step.rounds.count : step.rounds.kind === 'bounded' ? `<=${step.rounds.most}` : 'n'}${step.pace === 'each' ? '' : step.pace === 'together' ? ' together' : ` ${step.pace.atMost} at once`}](${shape(step.body)})`;
    case 'call':
      return shape(step.body);
    case 'bridge':
      return `bridge(${shape(step.body)})`;
    case 'start':
      return `start${step.id}(${shape(step.body)})`;
    case 'join':
      return `join${step.id}`;
    case 'try':
      return `try(${shape(step.body)} | ${step.handler ? shape(step.handler) : ''})`;
    case 'detached':
      return `detached(${shape(step.body)})`;
    case 'stream':
      return `stream(${shape(step.source)} | ${shape(step.body)})`;
    case 'io':
      return step.host ?? step.call.client;
    case 'orm':
      return step.transaction ? `atomic(${shape(step.transaction)})` : step.what;
    case 'lazy':
    case 'late':
    case 'blocking':
      return `${step.kind} ${step.what}`;
    case 'unknown':
      return `unknown ${step.text}`;
  }
}

/** The shape of what `GET /` of an application with this body does. */
export function summary(body: string, more: Files = {}, head = ''): string {
  return shape(examinedOf(application(body, more, head)).evidence.step);
}
