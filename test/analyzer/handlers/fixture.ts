import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { discoverHandlers, type Handler, type HandlerPattern } from '../../../analyzer/handlers/index.ts';
import { Evaluator, type FileList, parsedExtensions, Sources } from '../../../analyzer/sources/index.ts';

/** What a fixture is expected to give: the parts of a discovery a reader can check against its sources. */
export interface Expected {
  readonly handlers: readonly ExpectedHandler[];
  readonly dynamic?: readonly { readonly at: string; readonly reason: string }[];
}

export interface ExpectedHandler {
  readonly framework: string;
  readonly kind: string;
  readonly method: string;
  readonly paths: readonly string[];
  /** `file:line` of the registration. */
  readonly at: string;
  /** Name and `file:line` of what answers, marked where it comes from outside the project. */
  readonly handler: string;
  readonly middlewares?: readonly string[];
  readonly wrappers?: readonly string[];
  readonly condition?: string;
}

/** Runs the discovery on the sources of a fixture, which may bring `patterns.json`. */
export function fixtureDiscovery(folder: string): Expected {
  const sources = new Sources(listed(folder));
  const patterns = path.join(folder, 'patterns.json');
  const own: readonly HandlerPattern[] = existsSync(patterns)
    ? JSON.parse(readFileSync(patterns, 'utf8'))
    : [];
  const { handlers, dynamic } = discoverHandlers(sources, new Evaluator(sources), own);
  const reported = dynamic.map(({ location, reason }) => ({
    at: `${location.file}:${location.line}`,
    reason,
  }));
  return { handlers: handlers.map(expectedHandler), ...(reported.length > 0 && { dynamic: reported }) };
}

/** The files of a fixture as a project of its own, not as a part of this repository. */
function listed(folder: string): FileList {
  const found = readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .map((file) => file.split(path.sep).join('/'))
    .sort();
  return {
    root: folder,
    files: found.filter((file) => parsedExtensions.some((extension) => file.endsWith(`.${extension}`))),
    manifests: found.filter((file) => path.posix.basename(file) === 'package.json'),
    skipped: [],
    repository: false,
  };
}

function expectedHandler(handler: Handler): ExpectedHandler {
  const { location, target, middlewares, condition } = handler;
  const place = target && `${target.location.file}:${target.location.line}`;
  const outside = target?.value === undefined ? ' (outside)' : '';
  return {
    framework: handler.framework,
    kind: handler.kind,
    method: handler.method,
    paths: handler.paths,
    at: `${location.file}:${location.line}`,
    handler: target === undefined ? 'unknown' : `${target.name} ${place}${outside}`,
    ...(middlewares.length > 0 && { middlewares: middlewares.map(({ name }) => name) }),
    ...(target && target.wrappers.length > 0 && { wrappers: target.wrappers }),
    ...(condition !== undefined && { condition }),
  };
}
