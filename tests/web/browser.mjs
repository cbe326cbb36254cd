// A headless Chromium, the one of the system.
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';

export const chromium = [process.env.CHROMIUM, '/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find((path) => path && existsSync(path));

/** playwright-core of web/node_modules; null when it is not installed. */
function playwright() {
  try {
    return createRequire(new URL('../../web/package.json', import.meta.url))('playwright-core');
  } catch {
    return null;
  }
}

/** Why there can be no browser; null when there can. */
export function missing() {
  if (!chromium) return 'Chromium is not installed';
  if (!playwright()) return 'web/node_modules is not installed (npm ci)';
  return null;
}

export const openBrowser = () => playwright().chromium.launch({ executablePath: chromium, args: ['--no-sandbox'] });

/** A file's page in a tab of its own; `problems` collects what goes wrong in it, requests to the network included. */
export async function openPage(browser, file, options = {}) {
  const context = await browser.newContext({ viewport: { width: 1200, height: 900 }, ...options });
  const tab = await context.newPage();
  const problems = [];
  tab.on('console', (message) => ['error', 'warning'].includes(message.type()) && problems.push(message.text()));
  tab.on('pageerror', (error) => problems.push(String(error)));
  tab.on('request', (request) => request.url().startsWith('file:') || request.url().startsWith('blob:') || problems.push(`asks for ${request.url()}`));
  await tab.goto(pathToFileURL(file).href);
  return { tab, problems };
}
