import { Command, CommanderError, InvalidArgumentError, Option } from 'commander';
import { PathError } from '../analyzer/sources/file-list.ts';
import { transforms } from '../transforms/registry.ts';
import type { AnalyzeOptions } from './analyze.ts';
import { type ExitCode, exitCode, UsageError } from './exit-code.ts';
import type { ExplainOptions } from './explain.ts';
import type { MigrateOptions } from './migrate.ts';
import { processTerminal, type Terminal } from './terminal.ts';
import type { TransformVerbOptions } from './transform.ts';
import { ownVersion } from './version.ts';

/**
 * Runs the command line.
 * @param args what follows the program's name
 * @returns the exit code; results go to standard output, everything else to standard error
 */
export async function main(args: readonly string[], terminal: Terminal = processTerminal): Promise<number> {
  let code: ExitCode = exitCode.done;
  const program = declareProgram(terminal, (result) => {
    code = result;
  });
  try {
    await program.parseAsync([...args], { from: 'user' });
    return code;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? exitCode.done : exitCode.usage;
    if (error instanceof PathError || error instanceof UsageError) {
      terminal.complain(error.message);
      return error instanceof UsageError ? error.code : exitCode.usage;
    }
    terminal.complain(
      `this is a bug of migrate-async, nothing else was written. ${(error as Error).stack ?? error}`,
    );
    return exitCode.internalError;
  }
}

function declareProgram(terminal: Terminal, finish: (code: ExitCode) => void): Command {
  const program = new Command('migrate-async')
    .description(
      'Ranks request handlers by external-I/O dominance and rewrites the qualifying ones to native async.',
    )
    .version(ownVersion())
    .argument('[paths...]', 'files or folders; the current folder when none is given')
    .option('--dry-run', 'print the ranking, the diff and what is left; write nothing')
    .option('--check', 'write nothing; exit with 1 if something would be rewritten')
    .option('--all', 'rewrite every bridge that can be proven, whatever its handler scores')
    .option(
      '--min-score <score>',
      'rewrite handlers with at least this score instead of those judged "migrate"',
      score,
    )
    .option('--only <glob>', 'rewrite only files that match; may be given more than once', collect)
    .addOption(
      new Option('--transform <name>', 'run this transform instead of native-orm; see list').choices(
        transformNames,
      ),
    )
    .option('--mark', 'put one line above each bridge that is left behind')
    .option('--force', 'rewrite files even if they have uncommitted changes')
    .option('--json', 'print the report as JSON')
    .option('--no-cache', 'work everything out again, even if no file has changed')
    .addHelpText('after', exitCodeHelp)
    .enablePositionalOptions()
    .helpCommand(true)
    .exitOverride()
    .configureOutput({
      writeOut: terminal.print,
      writeErr: (text) => terminal.complain(text.trimEnd().replace(/^error: /, '')),
    })
    .action(async (paths: string[], options: MigrateOptions) => {
      const { migrate } = await import('./migrate.ts');
      finish(await migrate(paths, options, terminal));
    });
  program
    .command('analyze [paths...]')
    .description('rank every handler; rewrite nothing')
    .option('--format <format>', 'table or json', 'table')
    .option('--out <file>', 'write the report to a file')
    .option('--top <n>', 'rows at most', count)
    .option('--filter <text>', 'only handlers with this in their route, name or file; * for anything')
    .option(
      '--max-boundaries <n>',
      'exit with 1 if a handler that is no "stay" keeps more boundaries than this',
      boundaries,
    )
    .option(
      '--traces <file>',
      'trace file that replaces estimates (OTLP, Jaeger, Zipkin, Tempo JSON); repeatable',
      collect,
    )
    .option('--no-cache', 'work everything out again, even if no file has changed')
    .action(async (paths: string[], options: AnalyzeOptions) => {
      const { analyzeProject } = await import('./analyze.ts');
      finish(await analyzeProject(paths, options, terminal));
    });
  program
    .command('explain <target...>')
    .description('the whole reasoning about one handler or bridge: file:line, or METHOD /path')
    .option('--project <folder>', 'where to look; the folder of the file, or the current one, when left out')
    .option('--traces <file>', 'trace file: OTLP, Jaeger, Zipkin or Tempo JSON; repeatable', collect)
    .action(async (target: string[], options: ExplainOptions) => {
      const { explainTarget } = await import('./explain.ts');
      finish(await explainTarget(target, options, terminal));
    });
  program
    .command('check [paths...]')
    .description('for CI: markers left behind, bridges in qualifying handlers, unused suppressions')
    .action(async (paths: string[]) => {
      const { checkProject } = await import('./check.ts');
      finish(await checkProject(paths, terminal));
    });
  program
    .command('calibrate')
    .description('measure what a crossing costs on this machine; later runs use it')
    .action(async () => {
      const { calibrateMachine } = await import('./calibrate.ts');
      finish(await calibrateMachine(terminal));
    });
  program
    .command('list')
    .description('the frameworks and codes this version knows')
    .action(async () => {
      const { listKnown } = await import('./list.ts');
      finish(listKnown(terminal));
    });
  program
    .command('init')
    .description('write a configuration to start from')
    .action(async () => {
      const { writeConfiguration } = await import('./init.ts');
      finish(writeConfiguration(terminal));
    });
  program
    .command('transform')
    .description('rewrite one text: what editors call')
    .option('--stdin', 'read the text from standard input and print the result')
    .option('--stdin-filename <file>', 'path the text belongs to; the file need not exist')
    .option('--all', 'rewrite every bridge that can be proven, whatever its handler scores')
    .option('--json', 'print the result as JSON')
    .option('--diff', 'print a unified diff')
    .action(async (options: TransformVerbOptions) => {
      const { transformText } = await import('./transform.ts');
      finish(await transformText(options, terminal));
    });
  return program;
}

const transformNames = transforms.map(({ name }) => name);

const exitCodeHelp = `
Exit codes:
  0    done, or nothing to do
  1    --check or check found something
  2    some files failed; the others were processed
  3    wrong usage or configuration
  4    uncommitted changes in files to rewrite
  70   a bug of migrate-async itself
  130  interrupted`;

function collect(value: string, before: readonly string[] = []): readonly string[] {
  return [...before, value];
}

function count(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1) throw new InvalidArgumentError('Give a whole number from 1.');
  return value;
}

function boundaries(text: string): number {
  const value = Number(text);
  if (text.trim() === '' || !Number.isInteger(value) || value < 0)
    throw new InvalidArgumentError('Give a whole number from 0.');
  return value;
}

function score(text: string): number {
  const value = Number(text);
  if (text.trim() === '' || !(value >= 0 && value <= 100))
    throw new InvalidArgumentError('A score is a number from 0 to 100.');
  return value;
}
