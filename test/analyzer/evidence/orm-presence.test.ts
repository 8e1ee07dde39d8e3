import { describe, expect, it } from 'vitest';
import { usesOrm } from '../../../analyzer/evidence/orm-presence.ts';
import { examined, type Files, inputOf } from './project.ts';

const wrapping = ['syncToAsync', 'sync-to-async'];

function uses(text: string, more: Files = {}): boolean {
  return usesOrm(inputOf({ 'app.ts': text, ...more }).evaluator, wrapping);
}

describe('a project uses the ORM when', () => {
  it.each([
    ['it asks a manager', 'export const one = (q) => Post.objects.get(q);'],
    ['it asks a manager on the next line', 'export const some = Post.objects\n  .filter({ open: true })'],
    ['it asks a manager that may be missing', 'export const some = models[name].objects?.all();'],
    ['it takes the manager off its model', 'const { objects } = Post;'],
    ['it calls a twin', 'export const store = (post) => post.asave();'],
    ['it imports the runtime', "import { model } from '@migrate-async/runtime/orm';"],
    ['it imports models that cannot be read', "import { Post } from '@acme/blog-models';"],
    ['it bridges', 'export const load = syncToAsync(read);'],
  ])('%s', (_, text) => {
    expect(uses(text)).toBe(true);
  });

  it.each([
    ['it only lists objects', 'const page = await s3.list(); export const objects = page.objects;'],
    ['it only speaks of objects', '// objects\nexport const read = (objects) => objects.map(String);'],
    ['it uses a package called after a model', "import { Node } from 'prosemirror-model';"],
    ['it uses another ORM', "import { model } from 'mongoose'; model('User').findOne({}).save();"],
  ])('not when %s', (_, text) => {
    expect(uses(text)).toBe(false);
  });
});

describe('where nothing uses the ORM', () => {
  const files = (save: string): Files => ({
    'app.ts': `import express from 'express'; import { keep } from './keep.ts'; const app = express();
      app.post('/a', async (request, response) => { await keep(request.body); response.end(); });`,
    'keep.ts': `export async function keep(entry) { ${save} }`,
    'job.ts': "import { keep } from './keep.ts'; export const job = () => keep({ id: 1 });",
  });
  const parsedFor = (save: string) => {
    const kept = new Map();
    examined(files(save), {}, kept);
    return [...kept.keys()].sort();
  };

  it('files are not parsed to learn what rows a function is given', () => {
    expect(parsedFor('await entry.write();')).toEqual(['app.ts', 'keep.ts']);
    expect(parsedFor('await Entry.objects.aget({ id: entry.id }); entry.asave();')).toContain('job.ts');
  });
});
