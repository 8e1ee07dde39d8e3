import type { Node } from '@babel/types';
import {
  type ApiValue,
  type Call,
  callsOf,
  contains,
  contextsOf,
  type Environment,
  type Evaluator,
  type FunctionValue,
  type SourceFile,
  type Sources,
  unwrapped,
} from '../../sources/index.ts';
import type { Discovery, Framework } from '../handler.ts';
import { joinPaths } from '../routing/paths.ts';
import { callsOn, type MemberCall, memberCall, registeringFiles } from '../routing/receivers.ts';
import { Registrations } from '../routing/registrations.ts';
import type { Router } from '../routing/router.ts';
import type { Dialect } from '../routing/tree.ts';
import { type FastifyInstance, fastifyInstance, fastifyVerbs } from './fastify-objects.ts';
import { entryPlugins, type PluginRun, pluginRuns } from './fastify-plugins.ts';
import { readHook, readRoute, readVerb } from './fastify-routes.ts';
import { fastifyPlatform, hosted } from './nest-host.ts';

const packages = /fastify/;

/** Fastify, with plugins, prefixes and @fastify/autoload. */
export const fastify: Framework = {
  name: 'fastify',
  packages,
  discover(sources, evaluator) {
    return new FastifyDiscovery(sources, evaluator).run();
  },
};

const registering = new Set([...fastifyVerbs, 'route', 'register', 'addHook']);

const dialect: Dialect = {
  framework: 'fastify',
  join: joinPaths,
  standsAlone: true,
  unordered: true,
  covers: () => true,
  kindOf: () => undefined,
};

/** Plugins registered by plugins beyond this many runs are left out. */
const mostRuns = 5000;

class FastifyDiscovery {
  private readonly sources: Sources;
  private readonly evaluator: Evaluator;
  private readonly registrations: Registrations;
  private readonly pending: PluginRun[] = [];
  private readonly visited = new Set<Environment>();
  /** Functions that were given an instance somewhere: what their parameter is, is known. */
  private readonly entered = new Set<Node>();

  private readonly hostsNest: boolean;

  constructor(sources: Sources, evaluator: Evaluator) {
    this.hostsNest = evaluator.references.graph.usersOf(fastifyPlatform).size > 0;
    this.sources = sources;
    this.evaluator = evaluator;
    this.registrations = new Registrations(dialect, evaluator);
  }

  private instanceOf(value: ApiValue): FastifyInstance | undefined {
    return fastifyInstance(this.hostsNest ? hosted(value, 'fastify') : value);
  }

  run(): Discovery {
    const files = registeringFiles(this.sources, this.evaluator, packages);
    const isMade = (value: ApiValue) => this.instanceOf(value)?.made !== undefined;
    for (const call of callsOn(this.registrations, files, registering, isMade, true)) this.read(call);
    this.runPending();
    for (const entry of entryPlugins(this.sources, this.evaluator, this.entered)) this.pending.push(entry);
    this.runPending();
    // What is left is given an instance by code outside the project, or by code that cannot be followed.
    const isTyped = (value: ApiValue) => this.instanceOf(value) !== undefined;
    for (const call of callsOn(this.registrations, files, registering, isTyped, true)) {
      if (!this.isEntered(call.file, call.call)) this.read(call);
    }
    this.runPending();
    return this.registrations.discovery();
  }

  private isEntered(file: SourceFile, node: Node): boolean {
    for (let above = file.parentOf(node); above !== undefined; above = file.parentOf(above)) {
      if (this.entered.has(above)) return true;
    }
    return false;
  }

  private runPending(): void {
    for (let run = this.pending.shift(); run !== undefined; run = this.pending.shift()) {
      if (this.visited.has(run.environment) || this.visited.size > mostRuns) continue;
      this.visited.add(run.environment);
      this.entered.add(run.value.node);
      this.visit(run.value, run.environment);
    }
  }

  /** Reads what one run of a function does with the instance it was given. */
  private visit(value: FunctionValue, environment: Environment): void {
    const { file, node } = value;
    const within = { owner: node, environments: [environment] };
    for (const call of callsOf(file).all) {
      if (!contains(node, call) || this.isInOther(file, call, node)) continue;
      for (const context of contextsOf(this.evaluator, file, call, within)) {
        const member = memberCall(this.evaluator, file, call, registering, context);
        if (member !== undefined && this.instancesIn(file, member.object, context).length > 0)
          this.read(member);
        else this.follow(file, call, context);
      }
    }
  }

  /** Whether a call stands in a plugin inside the plugin, which has runs of its own. */
  private isInOther(file: SourceFile, call: Node, node: Node): boolean {
    for (
      let above = file.parentOf(call);
      above !== undefined && above !== node;
      above = file.parentOf(above)
    ) {
      if (this.entered.has(above)) return true;
      const parent = file.parentOf(above);
      const isCallback = parent?.type === 'CallExpression' && parent.callee !== above;
      if (isCallback && /\bregister$/.test(file.textOf(parent.callee))) return true;
    }
    return false;
  }

  private instancesIn(file: SourceFile, node: Node, environment: Environment): readonly ApiValue[] {
    return this.evaluator
      .evaluate(file, node, environment)
      .filter((value): value is ApiValue => value.kind === 'api' && this.instanceOf(value) !== undefined);
  }

  /** A function of the project that is given the instance registers on it too. */
  private follow(file: SourceFile, call: Call, environment: Environment): void {
    const isGiven = call.arguments.some((argument) => {
      const bare = unwrapped(argument);
      return bare.type === 'Identifier' && this.instancesIn(file, bare, environment).length > 0;
    });
    if (!isGiven || call.type === 'NewExpression') return;
    for (const callee of this.evaluator.evaluate(file, call.callee, environment)) {
      if (callee.kind !== 'function') continue;
      const inner = this.evaluator.environmentOf(callee, { file, call }, environment);
      this.pending.push({ value: callee, environment: inner });
    }
  }

  private read(call: MemberCall): void {
    for (const value of this.instancesIn(call.file, call.object, call.environment)) {
      const instance = this.instanceOf(value);
      if (instance === undefined) continue;
      const router = this.routerOf(instance, call);
      if (call.name === 'register') this.register(call, value, router);
      else if (call.name === 'route') readRoute(this.registrations, call, router);
      else if (call.name === 'addHook') readHook(this.registrations, call, router);
      else if (call.name !== undefined) readVerb(this.registrations, call, router, call.name);
      else this.registrations.report(call, 'The method is only known at run time.');
    }
  }

  private routerOf(instance: FastifyInstance, user: { file: SourceFile; call: Node }): Router {
    const root = instance.made !== undefined && !instance.plugin;
    return this.registrations.router(instance.made, { file: user.file, node: user.call }, root);
  }

  private register(call: MemberCall, parent: ApiValue, router: Router): void {
    const runs = pluginRuns(this.sources, this.evaluator, call, parent);
    if (runs === undefined) {
      this.registrations.report(call, 'The folder that is loaded is only known at run time.');
      return;
    }
    for (const run of runs) {
      if (run.made !== undefined) {
        const child = this.routerOf(
          { kind: 'instance', made: run.made, plugin: true, member: undefined },
          call,
        );
        this.registrations.mount(call, router, child, run.prefix ?? '', []);
      }
      this.pending.push(run);
    }
    if (runs.length === 0) this.reportUnknown(call);
  }

  private reportUnknown(call: MemberCall): void {
    const [plugin] = call.call.arguments;
    if (plugin === undefined) return;
    for (const operand of this.registrations.operands(call, [plugin]))
      this.registrations.reportUnknown(call, operand);
  }
}
