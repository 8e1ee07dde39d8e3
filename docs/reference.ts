import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';
import type { Family } from '../runtime/orm/fields/field.ts';
import { lookupNames } from '../runtime/orm/lookups/index.ts';
import { transformNames } from '../runtime/orm/lookups/transforms.ts';
import { lazyOperations, twins } from '../runtime/orm/twins.ts';

// The tables of docs/orm that list what the code has: read from its registries and its doc comments.

const root = fileURLToPath(new URL('..', import.meta.url));

/** Tables by the name that a page has between `<!-- generated: … -->` and `<!-- end -->`. */
export const referenceTables: Readonly<Record<string, () => string>> = {
  fields: () => {
    const rows = membersOf('types/fields.ts', 'Fields').map(({ name, text, parameters }) => {
      const [value = '', ...type] = text.split(/, (?![^(]*\))/);
      return [`\`${name}(${parameters})\``, value, type.join(', ')];
    });
    return table(['field', 'value', 'PostgreSQL'], rows);
  },
  steps: () => {
    const steps = membersOf('types/schema.ts', 'Column').filter(({ parameters }) => parameters !== undefined);
    return table(
      ['step', 'meaning'],
      steps.map(({ name, text, parameters }) => [`\`.${name}(${parameters})\``, text]),
    );
  },
  options: () => described('types/model.ts', ['OwnOptions', 'ModelOptions'], 'option'),
  settings: () => described('connections/backend.ts', ['DatabaseSettings'], 'setting'),
  pool: () => described('connections/pool.ts', ['PoolSettings'], 'setting'),
  threads: () => described('../bridge/settings.ts', ['ThreadSettings'], 'setting'),
  middleware: () => described('../bridge/middleware.ts', ['MiddlewareOptions'], 'option'),
  errors: () =>
    table(
      ['class', 'extends', 'meaning'],
      ['errors.ts', 'validation-error.ts']
        .flatMap(classesOf)
        .map(({ name, base, text }) => [`\`${name}\``, `\`${base}\``, text]),
    ),
  lookups: () =>
    table(
      ['fields', 'lookups', 'parts that take lookups of their own'],
      families.map(([family, names]) => [
        names,
        code(lookupNames(family)),
        family === 'array'
          ? '`len`, an index (`0`), a slice (`0_2`)'
          : family === 'json'
            ? 'any key or index'
            : code(transformNames(family)),
      ]),
    ),
  functions: () =>
    functionTable(
      ['cases.ts', 'comparison.ts', 'identifiers.ts', 'now.ts', 'key-text.ts', 'func.ts', 'raw-sql.ts'].map(
        (file) => `expressions/${file}`,
      ),
    ),
  texts: () => functionTable(['expressions/text.ts']),
  numbers: () => functionTable(['expressions/math.ts']),
  comparing: () => functionTable(['expressions/lookup-conditions.ts']),
  dates: () => functionTable(['expressions/parts.ts', 'expressions/truncation.ts']),
  pairs: () => functionTable(['expressions/statistics.ts']),
  aggregates: () =>
    functionTable(
      ['expressions/index.ts', 'expressions/aggregate-functions.ts', 'expressions/own-aggregate.ts'],
      ['F', 'JSONNull', 'Q', 'Value'],
    ),
  windows: () => functionTable(['expressions/windows.ts']),
  twins: () =>
    table(
      ['of', 'sync', 'native'],
      Object.entries(twins).flatMap(([family, pairs]) =>
        Object.entries(pairs).map(([sync, native]) => [family, `\`${sync}\``, `\`${native}\``]),
      ),
    ),
  lazy: () => code([...lazyOperations]),
};

/** The page with its generated parts made anew. */
export function withReferenceTables(page: string): string {
  return page.replace(
    /(<!-- generated: (\w+) -->\n)[\s\S]*?(<!-- end -->)/g,
    (_, opening: string, name: string, closing: string) => {
      const make = Object.hasOwn(referenceTables, name) ? referenceTables[name] : undefined;
      if (make === undefined) throw new Error(`There is no reference table ${name}.`);
      return `${opening}\n${make()}\n\n${closing}`;
    },
  );
}

const families: readonly (readonly [family: Family, fields: string])[] = [
  ['text', 'char, text, email, url, slug, choice'],
  ['number', 'integers, float, decimal'],
  ['boolean', 'boolean'],
  ['date', 'date'],
  ['time', 'time'],
  ['dateTime', 'dateTime'],
  ['duration', 'duration'],
  ['uuid', 'uuid'],
  ['ip', 'ip'],
  ['json', 'json, and what is at its keys'],
  ['array', 'array'],
  ['binary', 'binary'],
  ['relation', 'foreignKey, oneToOne'],
];

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) =>
    `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
  return [line(head), `|${head.map(() => '---').join('|')}|`, ...rows.map(line)].join('\n');
}
function code(names: readonly string[]): string {
  return names.map((name) => `\`${name}\``).join(' ');
}

interface Entry {
  readonly name: string;
  readonly text: string;
  readonly base?: string;
  /** As written in a call; undefined for what is not called. */
  readonly parameters: string | undefined;
}

function described(file: string, interfaces: readonly string[], kind: string): string {
  const entries = interfaces.flatMap((name) => membersOf(file, name));
  const latest = new Map(entries.map((entry) => [entry.name, entry]));
  return table(
    [kind, 'meaning'],
    [...latest.values()].map(({ name, text }) => [`\`${name}\``, text]),
  );
}

function functionTable(files: readonly string[], without: readonly string[] = []): string {
  const all = files.flatMap(functionsOf).filter(({ name }) => !without.includes(name));
  // Of a function with several forms the first one says what it is.
  const entries = all.filter(({ name }, at) => all.findIndex((each) => each.name === name) === at);
  return table(
    ['function', 'meaning'],
    entries.map(({ name, text, parameters = '' }) => [`\`${name}(${parameters})\``, text]),
  );
}

function parsed(file: string): ts.SourceFile {
  const path = `${root}runtime/orm/${file}`;
  return ts.createSourceFile(path, readFileSync(path, 'utf8'), ts.ScriptTarget.Latest, true);
}

/** The members of an interface, with their comments. */
function membersOf(file: string, name: string): Entry[] {
  const declared = parsed(file).statements.find(
    (each): each is ts.InterfaceDeclaration => ts.isInterfaceDeclaration(each) && each.name.text === name,
  );
  if (declared === undefined) throw new Error(`There is no interface ${name} in ${file}.`);
  return declared.members.flatMap((member) => {
    const key = member.name?.getText();
    const called = ts.isMethodSignature(member) ? parametersOf(member.parameters) : undefined;
    return key === undefined ? [] : [{ name: key, text: commentOf(member), parameters: called }];
  });
}

function classesOf(file: string): Entry[] {
  return parsed(file).statements.flatMap((each) => {
    if (!ts.isClassDeclaration(each) || each.name === undefined) return [];
    const text = commentOf(each);
    if (text.startsWith('Internal:')) return [];
    const base = each.heritageClauses?.[0]?.types[0]?.expression.getText() ?? '';
    return [{ name: each.name.text, text, base, parameters: undefined }];
  });
}

/** Exported functions whose names begin with a capital letter, as all expressions do. */
function functionsOf(file: string): Entry[] {
  const { statements } = parsed(file);
  return statements.flatMap((each): Entry[] => {
    const exported = ts.canHaveModifiers(each) && ts.getModifiers(each)?.some(isExport);
    if (exported !== true) return [];
    if (ts.isFunctionDeclaration(each) && each.name !== undefined) {
      return capital(each.name.text)
        ? [{ name: each.name.text, text: commentOf(each), parameters: parametersOf(each.parameters) }]
        : [];
    }
    if (!ts.isVariableStatement(each)) return [];
    return each.declarationList.declarations
      .filter(({ name }) => capital(name.getText()))
      .map((declaration) => ({
        name: declaration.name.getText(),
        text: commentOf(each),
        parameters: parametersIn(declaration, statements),
      }));
  });
}
/** Parameters of a function in a variable: by its type, or that of what makes it: `const Sin = real('SIN')`. */
function parametersIn(declaration: ts.VariableDeclaration, statements: readonly ts.Statement[]): string {
  const made = declaration.initializer;
  const maker = statements.find(
    (each): each is ts.FunctionDeclaration =>
      ts.isFunctionDeclaration(each) &&
      made !== undefined &&
      ts.isCallExpression(made) &&
      each.name?.text === made.expression.getText(),
  );
  const last = maker?.body?.statements.at(-1);
  const returned = last !== undefined && ts.isReturnStatement(last) ? last.expression : undefined;
  const signature =
    signatureOf(declaration.type ?? maker?.type, statements) ??
    (returned !== undefined && ts.isArrowFunction(returned) ? returned : undefined);
  return signature === undefined ? '...given' : parametersOf(signature.parameters);
}
/** How what has the type is called: of several ways the first. */
function signatureOf(
  type: ts.TypeNode | undefined,
  statements: readonly ts.Statement[],
): ts.SignatureDeclarationBase | undefined {
  if (type === undefined || ts.isFunctionTypeNode(type)) return type;
  return statements
    .filter(ts.isInterfaceDeclaration)
    .find(({ name }) => name.text === type.getText())
    ?.members.find(ts.isCallSignatureDeclaration);
}
function isExport({ kind }: ts.Modifier): boolean {
  return kind === ts.SyntaxKind.ExportKeyword;
}
function capital(name: string): boolean {
  return /^[A-Z]/.test(name);
}

function parametersOf(parameters: readonly ts.ParameterDeclaration[]): string {
  return parameters
    .map(({ dotDotDotToken, name, questionToken, initializer }) => {
      const optional = questionToken === undefined && initializer === undefined ? '' : '?';
      return `${dotDotDotToken === undefined ? '' : '...'}${name.getText()}${optional}`;
    })
    .join(', ');
}

/** The comment of a declaration as one line, without its tags. */
function commentOf(node: ts.Node): string {
  const [comment] = ts.getJSDocCommentsAndTags(node).filter(ts.isJSDoc);
  return (ts.getTextOfJSDocComment(comment?.comment) ?? '').replaceAll(/\s*\n\s*/g, ' ');
}
