// Builds dist/: each page as one HTML file with its script and its style in it, and a policy that lets nothing
// else run. `node build.mjs DIRECTORY` writes elsewhere, for the test that dist/ is what the sources make.
import { createHash } from 'node:crypto';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const here = (name) => fileURLToPath(new URL(name, import.meta.url));
const output = process.argv[2] ?? here('dist');

const PAGES = [
  { name: 'report', title: 'bpfopt report', styles: ['base.css', 'report.css'] },
  { name: 'bench', title: 'bpfopt and libpcap compared', styles: ['base.css', 'bench.css'] },
];

async function bundle(options) {
  const result = await build({ bundle: true, minify: true, write: false, legalComments: 'inline', charset: 'ascii', target: ['es2022'], absWorkingDir: here('.'), ...options });
  return result.outputFiles[0].text.trim();
}

const hash = (text) => `'sha256-${createHash('sha256').update(text).digest('base64')}'`;

// A script ends at the first such text, be it in a string.
const safe = (script) => script.replaceAll('</script', '<\\/script');

await mkdir(output, { recursive: true });
for (const { name, title, styles } of PAGES) {
  const script = safe(await bundle({ entryPoints: [`src/${name}.js`], format: 'esm' }));
  const css = styles.map((style) => `@import "./src/${style}";`).join('\n');
  const style = await bundle({ stdin: { contents: css, loader: 'css', resolveDir: here('.') } });
  const values = { SCRIPT: script, STYLE: style, SCRIPT_HASH: hash(script), STYLE_HASH: hash(style), TITLE: title };
  const template = await readFile(here('src/page.html'), 'utf8');
  const page = template.replace(/@(SCRIPT_HASH|STYLE_HASH|SCRIPT|STYLE|TITLE)@/g, (_, key) => values[key]);
  await writeFile(`${output}/${name}.html`, page);
}
