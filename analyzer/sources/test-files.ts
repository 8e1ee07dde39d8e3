const testFolder = /(?:^|\/)(?:__tests__|__mocks__|tests?|specs?|e2e|cypress|playwright)\//i;

/** An application may be about tests: a controller below `tests/` serves them. */
const servingName = /[./-](?:controller|route|routes|router|resolver|gateway|module|service)\.[cm]?[jt]sx?$/i;

const testName =
  /(?:[._-](?:test|tests|spec|e2e|e2e-spec|stories)|(?:^|\/)(?:jest|vitest)[.\w-]*)\.[cm]?[jt]sx?$/i;

/** Whether a path is where tests are kept: what they register is never served. */
export function isTestFile(path: string): boolean {
  return testName.test(path) || (testFolder.test(path) && !servesTests(path));
}

function servesTests(path: string): boolean {
  return /(?:^|\/)(?:src|app|modules|features|routes|controllers|api)\//.test(path) && servingName.test(path);
}
