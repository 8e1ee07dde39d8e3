import path from 'node:path';
import { readIfFile, type Sources } from '../sources/index.ts';

const folders = ['views', 'templates', 'src/views', 'resources/views', '.'];
const endings = [
  '',
  '.ejs',
  '.hbs',
  '.handlebars',
  '.njk',
  '.html',
  '.pug',
  '.eta',
  '.liquid',
  '.mustache',
  '.twig',
];

/**
 * Reads templates by name from the folders frameworks keep them in, the nearest to the rendering file first.
 * Templates are not source files, so the list of sources does not hold them.
 */
export function templateReader(sources: Sources): (view: string, from: string) => string | undefined {
  const known = new Map<string, string | undefined>();
  return (view, from) => {
    const key = `${path.posix.dirname(from)}\0${view}`;
    if (!known.has(key)) known.set(key, readNearest(sources, view, from));
    return known.get(key);
  };
}

function readNearest(sources: Sources, view: string, from: string): string | undefined {
  if (view.includes('..')) return undefined;
  for (let folder = path.posix.dirname(from); ; folder = path.posix.dirname(folder)) {
    for (const kept of folders) {
      for (const ending of endings) {
        const file = sources.absolute(path.posix.join(folder, kept, view + ending));
        const text = path.extname(file) === '' ? undefined : readIfFile(file);
        if (text !== undefined) return text.toString('utf8');
      }
    }
    if (folder === '.' || folder === '/') return undefined;
  }
}
