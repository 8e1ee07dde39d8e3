import type { Node } from '@babel/types';
import {
  type ApiValue,
  type CallPlace,
  type Environment,
  type Evaluator,
  type FunctionValue,
  isFunction,
  isTestFile,
  noEnvironment,
  type SourceFile,
  type Sources,
  textIfFile,
  type Value,
} from '../../sources/index.ts';
import { argumentValues } from '../routing/options.ts';
import { optionTexts } from '../routing/paths.ts';
import type { MemberCall } from '../routing/receivers.ts';
import { autoloaded, isAutoload } from './fastify-autoload.ts';
import { pluginInstance } from './fastify-objects.ts';

/** One run of a plugin: the function and what its parameters stand for. */
export interface PluginRun {
  readonly value: FunctionValue;
  readonly environment: Environment;
  /** The encapsulated instance made for it; `undefined` when it works on the instance it was registered on. */
  readonly made?: CallPlace;
  readonly prefix?: string;
}

/**
 * What `instance.register(plugin, options)` runs.
 * @returns `undefined` when a folder is loaded that is not known
 */
export function pluginRuns(
  sources: Sources,
  evaluator: Evaluator,
  call: MemberCall,
  parent: ApiValue,
): readonly PluginRun[] | undefined {
  const [plugin, given] = call.call.arguments;
  if (plugin === undefined) return [];
  const { file, environment } = call;
  const options = given === undefined ? [] : optionsGiven(evaluator, file, given, environment);
  const found: PluginRun[] = [];
  for (const value of evaluator.evaluate(file, plugin, environment)) {
    if (value.kind !== 'api' || !isAutoload(value)) {
      const prefix = optionTexts(evaluator, options, 'prefix')?.[0] ?? '';
      found.push(...runsOf(evaluator, call, parent, value, prefix, options));
      continue;
    }
    const loaded = autoloaded(sources, evaluator, options);
    if (loaded === undefined) return undefined;
    for (const { values, prefix, hooks } of loaded) {
      for (const own of values) {
        const runs = runsOf(evaluator, call, parent, own, prefix, options);
        found.push(...runs, ...hookRuns(evaluator, call, hooks, runs));
      }
    }
  }
  return found;
}

/** Options may be a function that is asked for them when the plugin is loaded: `(instance) => ({ prefix })`. */
function optionsGiven(
  evaluator: Evaluator,
  file: SourceFile,
  given: Node,
  environment: Environment,
): readonly Value[] {
  return evaluator.evaluate(file, given, environment).flatMap((value) => {
    if (value.kind !== 'function') return [value];
    return evaluator
      .returnExpressions(value.node)
      .flatMap((node) => evaluator.evaluate(value.file, node, value.environment));
  });
}

/** The hook files of a folder work on the instance of each plugin they run before. */
function hookRuns(
  evaluator: Evaluator,
  call: MemberCall,
  hooks: readonly (readonly Value[])[],
  runs: readonly PluginRun[],
): readonly PluginRun[] {
  return runs.flatMap((run) => {
    const own = run.made === undefined ? undefined : pluginInstance(run.made);
    if (own === undefined) return [];
    return hooks.flat().flatMap((hook) =>
      functionsIn(evaluator, hook).map(({ value }) => ({
        value,
        environment: frameOf(evaluator, call, value, () => own, [], run.environment),
      })),
    );
  });
}

function runsOf(
  evaluator: Evaluator,
  call: MemberCall,
  parent: ApiValue,
  plugin: Value,
  prefix: string,
  options: readonly Value[],
): readonly PluginRun[] {
  return functionsIn(evaluator, plugin).map(({ value, transparent }) => {
    if (transparent) return { value, environment: frameOf(evaluator, call, value, () => parent, options) };
    let made: CallPlace | undefined;
    const environment = frameOf(
      evaluator,
      call,
      value,
      (own) => {
        made = { file: value.file, node: value.node, environment: own };
        return pluginInstance(made);
      },
      options,
    );
    // A frame is filled only once: the second time it is asked for, the instance is the one made then.
    made ??= { file: value.file, node: value.node, environment };
    return { value, environment, made, prefix };
  });
}

function frameOf(
  evaluator: Evaluator,
  call: MemberCall,
  value: FunctionValue,
  instance: (own: Environment) => ApiValue,
  options: readonly Value[],
  caller: Environment = call.environment,
): Environment {
  const { file, node } = value;
  return evaluator.frames.enter(
    { file, owner: node },
    value.environment,
    { file: call.file, node: call.call, environment: caller },
    value.self,
    (frame) => {
      const names = node.params.map((parameter) => {
        const pattern = parameter.type === 'AssignmentPattern' ? parameter.left : parameter;
        return pattern.type === 'Identifier' ? file.scopes.bindingOf(pattern) : undefined;
      });
      if (names[0]) frame.set(names[0], [instance(frame)]);
      if (names[1]) frame.set(names[1], options);
    },
  );
}

interface PluginFunction {
  readonly value: FunctionValue;
  /** Wrapped by fastify-plugin: what it registers lands in the instance it is registered on. */
  readonly transparent: boolean;
}

function functionsIn(evaluator: Evaluator, plugin: Value): readonly PluginFunction[] {
  if (plugin.kind === 'function') return [{ value: plugin, transparent: false }];
  if (plugin.kind === 'module') {
    return evaluator.exported(plugin.file, 'default').flatMap((value) => functionsIn(evaluator, value));
  }
  if (plugin.kind === 'object') {
    return evaluator.member(plugin, 'default').flatMap((value) => functionsIn(evaluator, value));
  }
  if (plugin.kind !== 'api' || !/^(?:fastify-plugin|@fastify\/plugin)$/.test(plugin.module)) return [];
  const last = plugin.steps.at(-1);
  const at = last?.kind === 'call' ? last.at : undefined;
  return argumentValues(evaluator, at, 0).flatMap((value) =>
    functionsIn(evaluator, value).map((own) => ({ ...own, transparent: true })),
  );
}

/** Plugins that `fastify start <file>` of fastify-cli runs, and those a module exports for it. */
export function entryPlugins(
  sources: Sources,
  evaluator: Evaluator,
  entered: ReadonlySet<Node>,
): readonly PluginRun[] {
  const starting = startedFiles(sources);
  return starting.flatMap((path) => {
    const file = isTestFile(path) ? undefined : sources.file(path);
    const values = file === undefined ? [] : evaluator.exported(file, 'default');
    return values.flatMap((plugin) =>
      functionsIn(evaluator, plugin).flatMap(({ value }) => {
        if (entered.has(value.node) || !isFunction(value.node)) return [];
        return [rootRun(evaluator, value)];
      }),
    );
  });
}

function rootRun(evaluator: Evaluator, value: FunctionValue): PluginRun {
  const { file, node } = value;
  const environment = evaluator.frames.enter(
    { file, owner: node },
    value.environment,
    { file, node, environment: noEnvironment },
    value.self,
    (frame) => {
      const [first] = node.params;
      const binding = first && file.scopes.bindingOf(first);
      if (binding) frame.set(binding, [pluginInstance({ file, node, environment: frame })]);
    },
  );
  return { value, environment };
}

function startedFiles(sources: Sources): readonly string[] {
  return sources.manifests.flatMap((manifest) => {
    const folder = manifest.includes('/') ? manifest.slice(0, manifest.lastIndexOf('/') + 1) : '';
    const text = textIfFile(sources.absolute(manifest));
    const found = [...text.matchAll(/\bfastify start\b[^"]*?\s([\w./-]+\.[cm]?[jt]s)\b/g)];
    return found.flatMap(([, file = '']) => {
      const own = `${folder}${file.replace(/^\.\//, '')}`;
      const source = own.replace(/(^|\/)dist\//, '$1src/').replace(/\.js$/, '.ts');
      return [own, source].filter((candidate) => sources.isListed(candidate));
    });
  });
}
