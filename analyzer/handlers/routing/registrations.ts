import type { Node } from '@babel/types';
import type { DynamicRegistration } from '../../analysis.ts';
import {
  type ApiValue,
  type CallPlace,
  type Evaluator,
  noEnvironment,
  type SourceFile,
  unwrapped,
} from '../../sources/index.ts';
import type { Discovery } from '../handler.ts';
import { conditionAt } from './conditions.ts';
import { unknownLoaders } from './loaders.ts';
import { type Operand, operandsOf } from './operands.ts';
import { orderOf } from './order.ts';
import { unknown } from './paths.ts';
import type { MemberCall } from './receivers.ts';
import { type Mount, type Route, type Router, Routers, type Spot } from './router.ts';
import { locationOf, middlewareOf } from './targets.ts';
import { type Dialect, RoutingTree } from './tree.ts';
import { isNeverGiven } from './uncalled.ts';

/** Collects what the calls of one framework register, and puts it together in the end. */
export class Registrations {
  readonly routers = new Routers();
  readonly evaluator: Evaluator;
  private readonly dialect: Dialect;
  private readonly dynamic: DynamicRegistration[] = [];
  private readonly offered: MemberCall[] = [];
  private mountsUnknown = false;

  constructor(dialect: Dialect, evaluator: Evaluator) {
    this.dialect = dialect;
    this.evaluator = evaluator;
  }

  discovery(): Discovery {
    this.reportOffered();
    const tree = new RoutingTree(this.dialect, this.routers, this.evaluator, this.mountsUnknown);
    return { handlers: tree.handlers(), dynamic: this.dynamic };
  }

  /** The router made at a place. One that is only known by its type belongs to the code that is given it. */
  router(
    made: CallPlace | undefined,
    user: { readonly file: SourceFile; readonly node: Node },
    root: boolean,
    prefix?: string,
  ): Router {
    const own = prefix === undefined ? {} : { prefix };
    if (made !== undefined) {
      const { file, node, environment = noEnvironment } = made;
      return this.routers.at({ file, node, environment, root, ...own });
    }
    const node = user.file.functionAround(user.node) ?? user.file.ast.program;
    return this.routers.at({ file: user.file, node, environment: noEnvironment, root, ...own });
  }

  operands(call: MemberCall, nodes: readonly Node[]): readonly Operand[] {
    return operandsOf(this.evaluator, call.file, nodes, call.environment);
  }

  /** Adds one route per path. */
  add(
    call: MemberCall,
    router: Router,
    methods: readonly string[],
    paths: readonly string[],
    operands: readonly Operand[],
    kind?: Route['kind'],
  ): void {
    if (operands.length === 0) return;
    const condition = conditionAt(call.file, call.call, call.environment);
    const own = kind === undefined ? {} : { kind };
    const known = paths.filter((path) => !this.isOnlyOffered(call, path));
    for (const path of known)
      router.routes.push({ spot: spotOf(call), methods, path, operands, condition, ...own });
    if (known.length === 0) this.offered.push(call);
  }

  /** Whether all of a path is a parameter that nothing in the source gives. */
  private isOnlyOffered({ file, call, environment }: MemberCall, path: string): boolean {
    const [first] = call.arguments;
    return (
      first !== undefined &&
      path === unknown(file, unwrapped(first)) &&
      isNeverGiven(this.evaluator, { file, node: first, environment })
    );
  }

  mount(
    call: MemberCall,
    parent: Router,
    child: Router,
    path: string,
    before: readonly Operand[],
    weak = false,
  ): void {
    if (child === parent) return;
    const mount: Mount = {
      spot: spotOf(call),
      parent,
      path,
      middlewares: before.map((operand) => middlewareOf(this.evaluator, operand)),
      condition: conditionAt(call.file, call.call, call.environment),
    };
    child.mounts.push(weak ? { ...mount, weak } : mount);
  }

  /** Adds what runs before everything registered later. */
  guard(call: MemberCall, router: Router, path: string | undefined, operands: readonly Operand[]): void {
    if (operands.length === 0) return;
    const middlewares = operands.map((operand) => middlewareOf(this.evaluator, operand));
    router.guards.push({ spot: spotOf(call), path, middlewares });
  }

  /** Reports the calls that would register something if anything in the source led to them. */
  private reportOffered(): void {
    const used = new Set(this.routers.all.flatMap(({ routes }) => routes.map(({ spot }) => spot.node)));
    for (const call of this.offered) {
      if (!used.has(call.token)) this.report(call, 'Nothing in the source calls this with a path.');
    }
  }

  report(call: Pick<MemberCall, 'file' | 'token'>, reason: string): void {
    this.reportAt(call.file, call.token, reason);
  }

  /** Reports modules that are loaded by name at run time and given a router. */
  reportLoaders(files: Iterable<string>, isReceiver: (value: ApiValue) => boolean): void {
    for (const { file, call } of unknownLoaders(this.evaluator, files, isReceiver)) {
      this.mountsUnknown = true;
      this.reportAt(
        file,
        call,
        `What is loaded is only known at run time: ${file.textOf(call).slice(0, 80)}`,
      );
    }
  }

  private reportAt(file: SourceFile, node: Node, reason: string): void {
    this.dynamic.push({ framework: this.dialect.framework, location: locationOf(file, node), reason });
  }

  /** A value that cannot be followed may be a router: says so where it looks like one being mounted. */
  reportUnknown(call: MemberCall, operand: Operand): void {
    if (operand.values.length > 0) return;
    const text = operand.file.textOf(operand.node);
    const loads = /\brequire\s*\(|\bimport\s*\(|rout(?:e|er)s?\b|Rout(?:e|er)s?\b/.test(text);
    if (loads) this.mountsUnknown = true;
    if (loads) this.report(call, `What is mounted is only known at run time: ${text.slice(0, 80)}`);
  }
}

export function spotOf(call: MemberCall): Spot {
  const { file, environment, token } = call;
  return { file, node: token, environment, order: orderOf(file, call.call, environment) };
}
