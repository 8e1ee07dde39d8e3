import type { Node } from '@babel/types';
import type { DynamicRegistration } from '../../analysis.ts';
import {
  type ApiValue,
  type Environment,
  type Evaluator,
  type FunctionValue,
  noEnvironment,
  type SourceFile,
  type Sources,
  unwrapped,
} from '../../sources/index.ts';
import type { Discovery, Framework } from '../handler.ts';
import { conditionAt } from '../routing/conditions.ts';
import { nextCalls } from '../routing/next-calls.ts';
import { type Operand, operandsOf } from '../routing/operands.ts';
import { orderOf } from '../routing/order.ts';
import { joinPaths, pathList } from '../routing/paths.ts';
import { callsOn, type MemberCall } from '../routing/receivers.ts';
import { type Router, Routers, type Spot } from '../routing/router.ts';
import { locationOf, middlewareOf } from '../routing/targets.ts';
import { type Dialect, RoutingTree } from '../routing/tree.ts';
import { expressObject, expressVerbs } from './express-objects.ts';

/** Express 4 and 5, and packages with its interface. */
export const express: Framework = {
  name: 'express',
  words: ['express', 'polka', 'restana', 'restify', '@tinyhttp/app', "'router'", '"router"'],
  discover(sources, evaluator) {
    if (sources.mentioning(this.words).length === 0) return { handlers: [], dynamic: [] };
    return new ExpressDiscovery(sources, evaluator).run();
  },
};

const registering = new Set([...expressVerbs, 'use', 'route', 'param', 'options']);

/** Words one of which a file that registers something must hold. */
const registrationWords = ['.use(', ...[...expressVerbs].map((verb) => `.${verb}(`), '](', '.route('];

const dialect: Dialect = {
  framework: 'express',
  join: joinPaths,
  covers(guard, path) {
    const before = joinPaths(guard);
    const inside = joinPaths(path);
    return before === '/' || inside === before || inside.startsWith(`${before}/`) || /[*:(«]/.test(before);
  },
  kindOf(operand) {
    const value = operand.values.find((own): own is FunctionValue => own.kind === 'function');
    return value !== undefined && nextCalls(value, 2) === 'always' ? 'guard' : undefined;
  },
};

class ExpressDiscovery {
  private readonly sources: Sources;
  private readonly evaluator: Evaluator;
  private readonly routers = new Routers();
  private readonly dynamic: DynamicRegistration[] = [];

  constructor(sources: Sources, evaluator: Evaluator) {
    this.sources = sources;
    this.evaluator = evaluator;
  }

  run(): Discovery {
    const files = this.sources.mentioning(registrationWords);
    const isReceiver = (value: ApiValue) => expressObject(value) !== undefined;
    for (const call of callsOn(this.sources, this.evaluator, files, registering, isReceiver)) this.read(call);
    const handlers = new RoutingTree(dialect, this.routers, this.evaluator).handlers();
    return { handlers, dynamic: this.dynamic };
  }

  private read(call: MemberCall): void {
    for (const value of this.evaluator.evaluate(call.file, call.object, call.environment)) {
      const object = value.kind === 'api' ? expressObject(value) : undefined;
      if (object === undefined || value.kind !== 'api') continue;
      const router = this.routerOf(value, call);
      if (router === undefined) continue;
      if (object.route !== undefined) this.readChained(call, router, object.route);
      else if (call.name === undefined) this.report(call, 'The method is only known at run time.');
      else if (call.name === 'use') this.readUse(call, router);
      else if (expressVerbs.has(call.name)) this.readVerb(call, router, call.name);
    }
  }

  /** The router a value is; one that is only known by its type belongs to the code that is given it. */
  private routerOf(
    value: ApiValue,
    call: { file: SourceFile; call: Node; environment: Environment },
  ): Router | undefined {
    const object = expressObject(value);
    if (object === undefined) return undefined;
    const { made, root } = object;
    if (made !== undefined) {
      return this.routers.at({
        file: made.file,
        node: made.node,
        environment: made.environment ?? noEnvironment,
        root,
      });
    }
    const node = call.file.functionAround(call.call) ?? call.file.ast.program;
    return this.routers.at({ file: call.file, node, environment: noEnvironment, root });
  }

  private readVerb(call: MemberCall, router: Router, verb: string): void {
    const [path, ...rest] = call.call.arguments;
    // `app.get('title')` reads a setting.
    if (path === undefined || rest.length === 0) return;
    for (const text of pathList(this.evaluator, call.file, path, call.environment)) {
      this.addRoute(call, router, verb, text, rest);
    }
  }

  /** `router.route(path).get(…).post(…)`: the path stands in the call that began the chain. */
  private readChained(call: MemberCall, router: Router, route: NonNullable<ApiValue['created']>): void {
    if (call.name === undefined || !expressVerbs.has(call.name)) return;
    const [path] = 'arguments' in route.node ? route.node.arguments : [];
    if (path === undefined) return;
    for (const text of pathList(this.evaluator, route.file, path, route.environment ?? noEnvironment)) {
      this.addRoute(call, router, call.name, text, call.call.arguments);
    }
  }

  private addRoute(
    call: MemberCall,
    router: Router,
    verb: string,
    path: string,
    given: readonly Node[],
  ): void {
    const { file, environment } = call;
    const operands = operandsOf(this.evaluator, file, given, environment);
    const condition = conditionAt(file, call.call, environment);
    const method = verb === 'del' ? 'DELETE' : verb.toUpperCase();
    router.routes.push({ spot: spotOf(call), methods: [method], path, operands, condition });
  }

  private readUse(call: MemberCall, router: Router): void {
    const { file, environment } = call;
    const [first, ...rest] = call.call.arguments;
    if (first === undefined) return;
    const withPath = rest.length > 0 && this.isPath(file, first, environment);
    const paths = withPath ? pathList(this.evaluator, file, first, environment) : [''];
    const given = withPath ? rest : call.call.arguments;
    const operands = operandsOf(this.evaluator, file, given, environment);
    for (const path of paths) this.mount(call, router, path, operands, withPath);
  }

  private mount(
    call: MemberCall,
    parent: Router,
    path: string,
    operands: readonly Operand[],
    withPath: boolean,
  ): void {
    const { file, environment } = call;
    const spot = spotOf(call);
    const condition = conditionAt(file, call.call, environment);
    const before: Operand[] = [];
    for (const operand of operands) {
      const children = this.routersIn(operand, call);
      for (const child of children) {
        if (child === parent) continue;
        const middlewares = before.map((own) => middlewareOf(this.evaluator, own));
        child.mounts.push({ spot, parent, path, middlewares, condition });
      }
      if (children.length === 0) {
        before.push(operand);
        if (operand.values.length === 0) this.reportUnknown(call, operand);
      }
    }
    const last = operands.at(-1);
    const answering = last !== undefined && before.at(-1) === last && withPath && this.answers(last);
    if (answering) {
      parent.routes.push({ spot, methods: ['ALL'], path, operands, condition });
      return;
    }
    if (before.length === 0) return;
    const middlewares = before.map((operand) => middlewareOf(this.evaluator, operand));
    parent.guards.push({ spot, path: withPath ? path : undefined, middlewares });
  }

  private routersIn(operand: Operand, call: MemberCall): readonly Router[] {
    const found = operand.values.flatMap((value) => {
      const object = value.kind === 'api' ? expressObject(value) : undefined;
      if (value.kind !== 'api' || object?.made === undefined) return [];
      return this.routerOf(value, call) ?? [];
    });
    return [...new Set(found)];
  }

  /** `app.use(path, fn)` answers when `fn` has no way to go on. */
  private answers(operand: Operand): boolean {
    const value = operand.values.find((own): own is FunctionValue => own.kind === 'function');
    return (
      value !== undefined &&
      value.node.params.length < 3 &&
      nextCalls(value, 2) === 'never' &&
      value.node.params.length > 0
    );
  }

  private isPath(file: SourceFile, node: Node, environment: Environment): boolean {
    const bare = unwrapped(node);
    if (/^(?:StringLiteral|TemplateLiteral|RegExpLiteral|BinaryExpression)$/.test(bare.type)) return true;
    const values = this.evaluator.evaluate(file, bare, environment);
    if (values.length === 0) return bare.type === 'Identifier' || bare.type === 'MemberExpression';
    return values.some((value) => {
      if (value.kind === 'constant') return true;
      const items = this.evaluator.elements(value);
      return items?.some((item) => item.values.some(({ kind }) => kind === 'constant'));
    });
  }

  /** A value that cannot be followed may be a router: say so where it looks like one being mounted. */
  private reportUnknown(call: MemberCall, operand: Operand): void {
    const node = unwrapped(operand.node);
    const loads = /\brequire\s*\(|\bimport\s*\(|[rR]oute/.test(operand.file.textOf(node));
    if (loads)
      this.report(
        call,
        `What is mounted is only known at run time: ${operand.file.textOf(node).slice(0, 80)}`,
      );
  }

  private report(call: MemberCall, reason: string): void {
    this.dynamic.push({ framework: 'express', location: locationOf(call.file, call.token), reason });
  }
}

function spotOf(call: MemberCall): Spot {
  const { file, environment, token } = call;
  return { file, node: token, environment, order: orderOf(file, call.call, environment) };
}
