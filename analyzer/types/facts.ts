import path from 'node:path';
import type ts from 'typescript';

/** What the type checker says of an expression, as far as it matters here. */
export type TypeFact =
  /** A row of a class: where the class is declared, and whether it has the operations of a row with their twins. */
  | {
      readonly kind: 'instance';
      readonly name: string;
      readonly declared: Declared | undefined;
      readonly isRow: boolean;
    }
  /** The class itself. */
  | {
      readonly kind: 'class';
      readonly name: string;
      readonly declared: Declared | undefined;
      readonly isRow: boolean;
    }
  /** `QuerySet<T>`, `Manager<T>` and `RelatedManager<T>` of a package. */
  | { readonly kind: 'queryset' | 'manager' | 'related'; readonly of: TypeFact | undefined }
  | { readonly kind: 'list'; readonly of: TypeFact | undefined };

/** Name of a class where it is declared, by file and offset. */
export interface Declared {
  /** Relative to the root, with `/`. */
  readonly file: string;
  readonly start: number;
}

/** What types are read with. */
export interface Reading {
  readonly compiler: typeof ts;
  readonly checker: ts.TypeChecker;
  /** Absolute path that declarations are named relative to. */
  readonly root: string;
}

/** Types within types are followed no deeper than this. */
const deepest = 6;

const rowOperations = ['save', 'asave', 'refreshFromDb', 'arefreshFromDb'];

/** What a type says of a value that has it; `undefined` when nothing that matters here. */
export function factOf(reading: Reading, given: ts.Type, depth = 0): TypeFact | undefined {
  const { checker, compiler } = reading;
  if (depth > deepest) return undefined;
  const settled = checker.getAwaitedType(given) ?? given;
  const type = checker.getNonNullableType(checker.getBaseConstraintOfType(settled) ?? settled);
  if ((type.flags & (compiler.TypeFlags.Any | compiler.TypeFlags.Unknown)) !== 0) return undefined;
  if (type.isUnion()) return agreed(type.types.map((part) => factOf(reading, part, depth + 1)));
  if (type.isIntersection())
    return type.types.map((part) => factOf(reading, part, depth + 1)).find((fact) => fact !== undefined);
  const element = checker.isArrayType(type)
    ? checker.getTypeArguments(type as ts.TypeReference)[0]
    : undefined;
  if (element !== undefined) return { kind: 'list', of: factOf(reading, element, depth + 1) };
  return generic(reading, type, depth) ?? classFact(reading, type);
}

function agreed(facts: readonly (TypeFact | undefined)[]): TypeFact | undefined {
  const [first] = facts;
  const same = facts.every((fact) => JSON.stringify(fact) === JSON.stringify(first));
  return same ? first : undefined;
}

const generics: Readonly<Record<string, 'queryset' | 'manager' | 'related'>> = {
  QuerySet: 'queryset',
  Manager: 'manager',
  RelatedManager: 'related',
};

/** `QuerySet<Post>` of a package: named so, and with the pairs of operations. */
function generic(reading: Reading, type: ts.Type, depth: number): TypeFact | undefined {
  const { checker } = reading;
  const kind = generics[type.symbol?.name ?? type.aliasSymbol?.name ?? ''];
  if (kind === undefined) return undefined;
  if (!['get', 'aget', 'count', 'acount'].every((name) => isMethod(checker, type, name))) return undefined;
  const [of] = checker.getTypeArguments(type as ts.TypeReference);
  return { kind, of: of && factOf(reading, of, depth + 1) };
}

function classFact(reading: Reading, type: ts.Type): TypeFact | undefined {
  const { checker } = reading;
  const { symbol } = type;
  const declaration = symbol?.declarations?.find((each) => isClass(reading, each));
  if (symbol === undefined || declaration === undefined) return undefined;
  const isStatic = checker.getTypeOfSymbol(symbol) === type;
  const row = isStatic ? checker.getDeclaredTypeOfSymbol(symbol) : type;
  return {
    kind: isStatic ? 'class' : 'instance',
    name: symbol.name,
    declared: declaredAt(reading, declaration),
    isRow: rowOperations.every((name) => isMethod(checker, row, name)),
  };
}

function isClass({ compiler }: Reading, node: ts.Declaration): node is ts.ClassLikeDeclaration {
  return compiler.isClassLike(node);
}

function declaredAt({ root }: Reading, node: ts.ClassLikeDeclaration): Declared | undefined {
  const source = node.getSourceFile();
  const file = path.relative(root, source.fileName).split(path.sep).join('/');
  return node.name === undefined || file.startsWith('../')
    ? undefined
    : { file, start: node.name.getStart(source) };
}

/** Whether a type has a member that can be called. */
export function isMethod(checker: ts.TypeChecker, type: ts.Type, name: string): boolean {
  const property = checker.getPropertyOfType(type, name);
  return property !== undefined && checker.getTypeOfSymbol(property).getCallSignatures().length > 0;
}
