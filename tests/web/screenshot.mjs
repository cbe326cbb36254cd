// node screenshot.mjs PAGE.html DIRECTORY NAME: light, dark and narrow pictures of a page, for looking at.
import { mkdir } from 'node:fs/promises';
import { openBrowser, openPage } from './browser.mjs';

const [page, directory, name] = process.argv.slice(2);
await mkdir(directory, { recursive: true });
const browser = await openBrowser();
for (const [kind, options] of Object.entries({
  light: { colorScheme: 'light', viewport: { width: 1200, height: 900 } },
  dark: { colorScheme: 'dark', viewport: { width: 1200, height: 900 } },
  narrow: { colorScheme: 'light', viewport: { width: 360, height: 740 } },
})) {
  const { tab, problems } = await openPage(browser, page, options);
  await tab.screenshot({ path: `${directory}/${name}-${kind}.png`, fullPage: true });
  if (problems.length > 0) console.log(kind, problems);
  await tab.context().close();
}
await browser.close();
