/** What a handler touches, read from its source. */
export { type Boundaries, boundariesOf } from './boundaries.ts';
export { type ExternalOnPath, factsOf, type HandlerFacts } from './facts.ts';
export { type Finding, type FindingKind, findingsOf } from './findings.ts';
export { type HandlerEvidence, handlerEvidence, type MiddlewareEvidence } from './handlers.ts';
export { BridgeTable, locationOf, type Project } from './project.ts';
export { type Finder, projectFindings } from './project-findings.ts';
export * from './step.ts';
export { type Explanation, line, stepTree } from './step-tree.ts';
export { templateReader } from './template-files.ts';
