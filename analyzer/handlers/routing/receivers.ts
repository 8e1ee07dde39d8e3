import type { Node } from '@babel/types';
import {
  type ApiStep,
  type ApiValue,
  type Call,
  callsOf,
  contextsOf,
  type Environment,
  type Evaluator,
  isLongest,
  isTestFile,
  noEnvironment,
  reachedFrom,
  type SourceFile,
  type Sources,
  unwrapped,
} from '../../sources/index.ts';
import { isPlausible, isPlausibleCall } from './plausible.ts';
import type { Registrations } from './registrations.ts';

/** One call on something, in one run of the code around it. */
export interface MemberCall {
  readonly file: SourceFile;
  readonly call: Call;
  /** The member that is called; `undefined` when only run time knows its name. */
  readonly name: string | undefined;
  /** The name in source. */
  readonly token: Node;
  /** What the member is read from. */
  readonly object: Node;
  readonly environment: Environment;
}

const verbs =
  'get|post|put|delete|del|patch|options|head|all|ws|query|search|link|unlink|copy|lock|move|merge|purge|report|trace|propfind|notify|subscribe|unlock|m-search|checkout|acl|bind|rebind|unbind|mkcol|mkactivity|proppatch|source|unsubscribe|mkcalendar';

// What a registration begins with: a text, pattern, list or name that something follows, or what answers itself.
const firstArgument = String.raw`(?:(['"])(?:(?!\1)[^\n\\]|\\.)*\1\s*[,+]|${'`'}[^${'`'}]*${'`'}\s*[,+]|\[|\/|\{[^{}]{0,300}?\b(?:path|url)\s*:|[\w$.]+(?:\([^()]*\))?\s*[,+]|async\b|function\b|\(|\.\.\.|[\w$.]+\))`;

const registering = new RegExp(
  [
    String.raw`(?<!\bPromise)\.\s*(?:${verbs})\s*(?:<[^()]{0,300}>)?\(\s*${firstArgument}`,
    String.raw`\.\s*(?:use|route|prefix|param|mount|openapi|doc|doc31|addHook|redirect)\s*(?:<[^()]{0,300}>)?\(`,
    String.raw`\.\s*register\s*(?:<[^()]{0,300}>)?\(\s*(?:['"][^'"]*['"]\s*,|[^'"\s)])`,
    String.raw`\.\s*on\(\s*[^,()]+,[^,()]+,`,
    String.raw`\]\s*\(\s*[^,()]+,`,
  ].join('|'),
);

const registeringIn = new WeakMap<Sources, readonly string[]>();

/**
 * The files that may register something on an object of some packages: they hold a call that could, and stand in a
 * package of the project that loads one of them.
 */
export function registeringFiles(
  sources: Sources,
  evaluator: Evaluator,
  packages: RegExp,
): readonly string[] {
  const users = evaluator.references.graph.usersOf(packages);
  if (users.size === 0) return [];
  const folderOf = packageFolders(sources);
  const folders = new Set([...users].map(folderOf));
  return registeringAnywhere(sources).filter((file) => folders.has(folderOf(file)));
}

/** The folder of the package.json that a file belongs to. */
function packageFolders(sources: Sources): (file: string) => string {
  const folders = new Set(sources.manifests.map((manifest) => manifest.replace(/\/?package\.json$/, '')));
  const known = new Map<string, string>();
  const find = (folder: string): string => {
    if (folder === '' || folders.has(folder)) return folder;
    let found = known.get(folder);
    if (found === undefined) {
      found = find(folder.slice(0, Math.max(0, folder.lastIndexOf('/'))));
      known.set(folder, found);
    }
    return found;
  };
  return (file) => find(file.slice(0, Math.max(0, file.lastIndexOf('/'))));
}

/** The files that hold a call which could register something in any framework; read off the text once. */
function registeringAnywhere(sources: Sources): readonly string[] {
  let known = registeringIn.get(sources);
  if (known === undefined) {
    known = sources.files.filter((file) => !isTestFile(file) && registering.test(sources.text(file)));
    registeringIn.set(sources, known);
  }
  return known;
}

/**
 * Every call of one of `names` on something that `isReceiver` accepts, once per run of the code around it. Where a chain
 * of them is too long to be followed, the first call beyond is reported.
 * @param options whether an object of options may stand in the handler's place
 * @param isReceiver says by the value alone whether routes may be registered on it
 */
export function* callsOn(
  registrations: Registrations,
  files: readonly string[],
  names: ReadonlySet<string>,
  isReceiver: (value: ApiValue) => boolean,
  options = false,
): Generator<MemberCall> {
  const { evaluator } = registrations;
  for (const path of files) {
    if (isTestFile(path)) continue;
    const file = evaluator.sources.file(path);
    if (file === undefined) continue;
    for (const call of candidates(file, names)) {
      const callee = unwrapped(call.callee);
      if (callee.type !== 'MemberExpression' && callee.type !== 'OptionalMemberExpression') continue;
      const { object, property: token } = callee;
      if (!isPlausibleCall(file, call, options) || !isPlausible(file, object)) continue;
      const receivers = (node: Node, environment = noEnvironment) =>
        evaluator
          .evaluate(file, node, environment)
          .filter((value) => value.kind === 'api')
          .filter(isReceiver);
      if (receivers(object).length === 0) {
        const before = chainedOn(object);
        if (before !== undefined && receivers(before).some(isLongest))
          registrations.report({ file, token }, 'The chain that this stands in is too long to be followed.');
        continue;
      }
      if (evaluator.references.isTested(file, call)) continue;
      for (const environment of contextsOf(evaluator, file, call)) {
        if (receivers(object, environment).length === 0) continue;
        for (const name of namesOf(evaluator, file, callee, environment)) {
          yield { file, call, name, token, object, environment };
        }
      }
    }
  }
}

/** What a link of a chain is called on: `app.get('/a', a)` of `app.get('/a', a).get('/b', b)`. */
function chainedOn(node: Node): Node | undefined {
  const link = unwrapped(node);
  if (link.type !== 'CallExpression' && link.type !== 'OptionalCallExpression') return undefined;
  const callee = unwrapped(link.callee);
  return callee.type === 'MemberExpression' || callee.type === 'OptionalMemberExpression'
    ? callee.object
    : undefined;
}

/** A call as a call of a member in one run; `undefined` when it is none, or none of `names`. */
export function memberCall(
  evaluator: Evaluator,
  file: SourceFile,
  call: Call,
  names: ReadonlySet<string>,
  environment: Environment,
): MemberCall | undefined {
  const callee = unwrapped(call.callee);
  if (callee.type !== 'MemberExpression' && callee.type !== 'OptionalMemberExpression') return undefined;
  const [name] = namesOf(evaluator, file, callee, environment);
  if (name !== undefined && !names.has(name)) return undefined;
  return { file, call, name, token: callee.property, object: callee.object, environment };
}

function candidates(file: SourceFile, names: ReadonlySet<string>): readonly Call[] {
  const { byMember, computed } = callsOf(file);
  const named = [...byMember].filter(([name]) => names.has(name)).flatMap(([, calls]) => calls);
  return [...named, ...computed].sort((left, right) => tokenStart(left) - tokenStart(right));
}

/** All calls of a chain start where the chain does: their members tell which comes first. */
function tokenStart(call: Call): number {
  const callee = unwrapped(call.callee);
  const isMember = callee.type === 'MemberExpression' || callee.type === 'OptionalMemberExpression';
  return (isMember ? callee.property.start : call.start) ?? 0;
}

/** The name of the called member; several where a computed name may be several constants. */
function namesOf(
  evaluator: Evaluator,
  file: SourceFile,
  callee: Node & { type: 'MemberExpression' | 'OptionalMemberExpression' },
  environment: Environment,
): readonly (string | undefined)[] {
  if (!callee.computed && callee.property.type === 'Identifier') return [callee.property.name];
  const constants = evaluator
    .evaluate(file, callee.property, environment)
    .map((value) => (value.kind === 'constant' && typeof value.value === 'string' ? value.value : undefined));
  return constants.length === 0 ? [undefined] : [...new Set(constants)];
}

const followed = new WeakMap<object, WeakMap<ApiValue, unknown>>();

/**
 * Follows an access path step by step through the states of a framework's objects.
 * @param start the state before the first step, the same for every value of a package
 * @param next the state after a step, or `undefined` when the framework knows nothing of it
 */
export function follow<State>(
  value: ApiValue,
  start: State,
  next: (state: State, step: ApiStep, index: number) => State | undefined,
): State | undefined {
  const known = (followed.get(next) ?? new WeakMap()) as WeakMap<ApiValue, State | undefined>;
  followed.set(next, known);
  const after = (state: State | undefined, step: ApiStep | undefined, index: number) => {
    if (state === undefined || step === undefined) return undefined;
    const isDefault = index === 0 && step.kind === 'member' && step.name === 'default';
    return isDefault ? state : next(state, step, index);
  };
  // Each link of a chain is one step from the one before: a chain of a thousand calls is not gone through for each.
  const links: ApiValue[] = [];
  for (let own: ApiValue | undefined = value; own && !known.has(own); own = reachedFrom(own)) links.push(own);
  for (const own of links.reverse()) {
    const from = reachedFrom(own);
    const state =
      from === undefined
        ? own.steps.reduce<State | undefined>(after, start)
        : after(known.get(from), own.steps.at(-1), own.steps.length - 1);
    known.set(own, state);
  }
  return known.get(value);
}
