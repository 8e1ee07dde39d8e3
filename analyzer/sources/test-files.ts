const testFolder = /(?:^|\/)(?:__tests__|__mocks__|tests?|spec|specs|e2e|cypress|playwright)\//i;
const testName =
  /(?:[._-](?:test|tests|spec|e2e|e2e-spec|stories)|(?:^|\/)(?:jest|vitest)[.\w-]*)\.[cm]?[jt]sx?$/i;

/** Whether a path is where tests are kept: what they register is never served. */
export function isTestFile(path: string): boolean {
  return testFolder.test(path) || testName.test(path);
}
