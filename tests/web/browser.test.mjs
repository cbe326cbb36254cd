// The pages as their readers have them: opened from disk in a browser.
import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { after, before } from 'node:test';
import { openBrowser, openPage } from './browser.mjs';
import { faintTexts } from './contrast.mjs';
import { pcapOf, randomPackets } from './packets.mjs';

const { BPFOPT_COMMAND: command, BPFOPT_BENCH_COMMAND: bench } = process.env;
const screenshots = process.env.BPFOPT_SCREENSHOTS ?? join(tmpdir(), 'bpfopt-screenshots');
const FILTER = 'tcp port 80 and host 192.0.2.17';
const VIEWS = {
  light: { colorScheme: 'light' }, dark: { colorScheme: 'dark' }, narrow: { colorScheme: 'light', viewport: { width: 360, height: 740 }, isMobile: true, hasTouch: true },
};

let browser;
let directory;
before(async () => {
  directory = mkdtempSync(join(tmpdir(), 'bpfopt-'));
  mkdirSync(screenshots, { recursive: true });
  browser = await openBrowser();
});
after(async () => {
  await browser.close();
  rmSync(directory, { recursive: true });
});

function report(...words) {
  const file = join(directory, `report-${Math.abs(words.join(' ').split('').reduce((sum, c) => (sum * 31 + c.charCodeAt(0)) | 0, 7))}.html`);
  execFileSync(command, ['report', ...words, '-o', file], { stdio: ['ignore', 'ignore', 'pipe'] });
  return file;
}

/** What `bpfopt run` says of the packets. */
function verdicts(filter, packets) {
  const file = join(directory, 'in.pcap');
  writeFileSync(file, pcapOf(packets));
  return execFileSync(command, ['run', '-r', file, '--verdicts', filter], { encoding: 'utf8' }).trim().split('\n');
}

const hexOf = (bytes) => Buffer.from(bytes).toString('hex');

/** A test with a page of its own, which must have had no errors at its end. */
function pageTest(name, words, options, body) {
  test(name, async () => {
    const { tab, problems } = await openPage(browser, report(...words), options);
    await body(tab);
    assert.deepEqual(problems, []);
    await tab.context().close();
  });
}

pageTest('the page shows both programs, the bound and the proof', [FILTER], {}, async (tab) => {
  assert.match(await tab.title(), /tcp port 80 and host 192\.0\.2\.17/);
  const ours = await tab.locator('.row.ours[data-index]').count();
  const theirs = await tab.locator('.row.theirs[data-index]').count();
  assert.equal(ours, 16);
  assert.equal(theirs, 18);
  assert.match(await tab.locator('.figures').textContent(), /at least \d+ needed/);
  assert.match(await tab.locator('#proof-answer').textContent(), /^Equal/);
});

pageTest('pointing at a part marks its instructions in both programs', [FILTER], {}, async (tab) => {
  await tab.hover('h1 [data-part="1"]');
  assert.equal(await tab.locator('.row.ours.linked').count(), await tab.locator('.row.ours[data-index]:has(.c1)').count());
  assert.ok(await tab.locator('.row.theirs.linked').count() > 0);
  await tab.hover('.row.ours[data-index="4"]');
  assert.equal(await tab.locator('.row.theirs.linked').count(), 1);
  assert.equal(await tab.locator('.row.ours.target').count(), 2);
});

pageTest('the slider goes through the passes by keyboard and changes the graph', [FILTER], {}, async (tab) => {
  const seen = new Set();
  await tab.focus('#pass');
  await tab.keyboard.press('Home');
  const steps = Number(await tab.getAttribute('#pass', 'max')) + 1;
  for (let i = 0; i < steps; ++i) {
    seen.add(await tab.locator('#graph').innerHTML());
    await tab.keyboard.press('ArrowRight');
  }
  assert.ok(seen.size > steps / 2, `${seen.size} pictures in ${steps} steps`);
  assert.match(await tab.locator('#pass-name').textContent(), /^emit/);
  await tab.getByText(/All \d+ steps/).click();
  await tab.locator('.stages').getByText('lower', { exact: true }).click();
  assert.match(await tab.locator('#pass-name').textContent(), /^lower/);
  assert.ok(await tab.locator('#graph .block').count() > 10);
});

pageTest('a pasted packet lights its path and has the verdict of `bpfopt run`', [FILTER], {}, async (tab) => {
  await tab.click('#packet-example');
  const example = (await tab.inputValue('#packet-hex')).replace(/\s/g, '');
  const packets = [...randomPackets(12, 5).filter(({ bytes }) => bytes.length > 0), { bytes: Buffer.from(example, 'hex'), wireLength: example.length / 2 }];
  const expected = verdicts(FILTER, packets);
  assert.notEqual(expected.at(-1), '0');
  for (const [i, packet] of packets.entries()) {
    await tab.fill('#wire', String(packet.wireLength));
    await tab.fill('#packet-hex', hexOf(packet.bytes));
    for (const side of ['ours', 'theirs']) {
      assert.equal(await tab.getAttribute(`.verdict[data-side="${side}"]`, 'data-verdict'), expected[i], hexOf(packet.bytes));
      assert.equal(await tab.locator(`.row.${side}.lit`).count(), await tab.locator(`.trace[aria-label*="${side === 'ours' ? 'bpfopt' : 'libpcap'}"] tbody tr`).count());
    }
  }
  await tab.focus('#step');
  await tab.keyboard.press('Home');
  assert.equal(await tab.locator('.trace tr.now').count(), 2);
  assert.equal(await tab.locator('.bytes mark').count(), 2);
  await tab.fill('#packet-hex', '45 zz');
  assert.match(await tab.locator('#packet-problem').textContent(), /'z'/);
  assert.equal(await tab.locator('.row.lit').count(), 0);
});

pageTest('the examples are a packet that the filter accepts and one that it rejects', [FILTER], {}, async (tab) => {
  await tab.click('#packet-example');
  assert.equal(await tab.locator('#packet-words').textContent(), 'IP 192.0.2.17.80 > 203.0.113.9.8080: TCP');
  assert.deepEqual(await tab.locator('.verdict').evaluateAll((all) => all.map((each) => each.dataset.verdict)), ['262144', '262144']);
  assert.match(await tab.locator('[role="status"].unseen').textContent(), /bpfopt: Accepts.*libpcap: Accepts/);
  await tab.click('#packet-rejected');
  assert.deepEqual(await tab.locator('.verdict').evaluateAll((all) => all.map((each) => each.dataset.verdict)), ['0', '0']);
});

pageTest('a program is one stop of the tab key, and the arrow keys go through it and to the other', [FILTER], {}, async (tab) => {
  const here = () => tab.evaluate(() => [document.activeElement.dataset.side, document.activeElement.dataset.index].join(' '));
  const press = async (...keys) => {
    for (const key of keys) await tab.keyboard.press(key);
    return here();
  };
  await tab.focus('.row.ours[data-index="0"]');
  assert.equal(await press('ArrowDown', 'ArrowDown'), 'ours 2');
  assert.equal(await press('End'), 'ours 15');
  assert.equal(await press('ArrowRight'), 'theirs 17');
  assert.ok(await tab.locator('.row.theirs[data-index="17"].linked').count() === 1);
  assert.equal(await press('Home', 'ArrowLeft'), 'ours 0');
  assert.equal(await press('ArrowDown', 'Tab'), 'theirs 0');
  assert.equal(await press('Shift+Tab'), 'ours 1');
  assert.notEqual((await press('Tab', 'Tab')).split(' ')[0], 'theirs');
});

pageTest('the steps of a run go by keyboard, and the instruction is marked in the programs too', [FILTER], {}, async (tab) => {
  await tab.click('#packet-example');
  await tab.focus('#step');
  await tab.keyboard.press('Home');
  await tab.keyboard.press('ArrowRight');
  assert.equal(await tab.getAttribute('.row.ours.now', 'data-index'), '1');
  assert.equal(await tab.getAttribute('.row.theirs.now', 'data-index'), '1');
});

pageTest('the picture of a pass can be made smaller, larger and as wide as the page', [FILTER], {}, async (tab) => {
  const width = () => tab.locator('#graph svg').evaluate((svg) => svg.clientWidth);
  const before = await width();
  await tab.getByRole('button', { name: 'Larger picture' }).click();
  assert.ok(await width() > before);
  await tab.getByRole('button', { name: 'Fit the picture' }).click();
  assert.ok(await width() <= await tab.locator('#graph').evaluate((box) => box.clientWidth));
});

for (const colorScheme of ['light', 'dark']) {
  pageTest(`its texts stand out from what is behind them: ${colorScheme}`, ['0 / ether[1] = 0 or port 53'], { colorScheme }, async (tab) => {
    await tab.click('#packet-example');
    await tab.locator('#pass').focus();
    await tab.keyboard.press('End');
    await tab.keyboard.press('ArrowLeft');
    for (const summary of await tab.locator('summary').all()) await summary.click();
    assert.deepEqual(await faintTexts(tab), []);
  });
}

pageTest('a capture lists its packets with the verdicts of `bpfopt run`', ['udp or arp'], {}, async (tab) => {
  const packets = randomPackets(40, 9);
  const expected = verdicts('udp or arp', packets).map((verdict) => (verdict === '0' ? 'rejects' : 'accepts'));
  await tab.setInputFiles('#packet-file', { name: 'some.pcap', mimeType: 'application/octet-stream', buffer: Buffer.from(pcapOf(packets)) });
  await tab.locator('.capture').waitFor();
  assert.deepEqual(await tab.locator('.capture tbody td:nth-child(2)').allTextContents(), expected);
  assert.match(await tab.locator('#capture-summary').textContent(), /^some\.pcap: 40 packets; bpfopt accepts \d+/);
  await tab.focus('.capture tbody tr:nth-child(1)');
  await tab.keyboard.press('ArrowDown');
  assert.equal((await tab.inputValue('#packet-hex')).replace(/\s/g, ''), hexOf(packets[1].bytes));
  await tab.setInputFiles('#packet-file', { name: 'other.txt', mimeType: 'text/plain', buffer: Buffer.from('no capture at all') });
  await tab.getByText('other.txt: neither a pcap nor a pcapng file').waitFor();
});

pageTest('the pasted output of tcpdump -xx lists its packets', ['udp'], {}, async (tab) => {
  await tab.fill('#packet-hex', '12:00:00.1 IP 192.0.2.1.53 > 192.0.2.2.53: UDP\n\t0x0000:  0200 0000 0009 0200 0000 0007 0800 4500\n\t0x0010:  0014 0000 0000 4011\n12:00:00.2 ARP\n\t0x0000:  0200 0000 0009 0200 0000 0007 0806 0001\n');
  assert.deepEqual(await tab.locator('.capture tbody td:nth-child(2)').allTextContents(), ['accepts', 'rejects']);
  assert.equal(await tab.getAttribute('.verdict[data-side="ours"]', 'data-verdict'), '262144');
});

pageTest('the button turns the page dark and back', [FILTER], { colorScheme: 'light' }, async (tab) => {
  const paper = () => tab.evaluate(() => getComputedStyle(document.body).backgroundColor);
  const light = await paper();
  await tab.click('.theme');
  assert.notEqual(await paper(), light);
  await tab.click('.theme');
  assert.equal(await paper(), light);
});

pageTest('a filter that is markup is shown as text', ['-F', (() => {
  const file = join(tmpdir(), `bpfopt-markup-${process.pid}`);
  writeFileSync(file, 'ip # </script><img src=x onerror=alert(1)>\n and tcp');
  process.on('exit', () => rmSync(file, { force: true }));
  return file;
})()], {}, async (tab) => assert.equal(await tab.locator('h1 img').count(), 0));

pageTest('a packet that libpcap gets wrong is at hand', ['0 / ether[1] = 0'], {}, async (tab) => {
  await tab.click('#packet-difference');
  assert.equal(await tab.getAttribute('.verdict[data-side="ours"]', 'data-verdict'), '0');
  assert.equal(await tab.getAttribute('.verdict[data-side="theirs"]', 'data-verdict'), '262144');
  assert.match(await tab.locator('.verdict[data-side="ours"]').textContent(), /division by 0/);
});

for (const [name, words] of Object.entries({ 'no filter at all': [''], 'one that libpcap refuses': ['when(tcp, port 80, udp)'], 'one that libpcap gets wrong': ['1/2=1/3&&1>4/5&&1>6/7'],
  'one for the kernel': ['--target', 'linux', 'ip and rand(0.1) and inbound'], 'a set': ['host in { 192.0.2.1, 192.0.2.9, 198.51.100.0/24, 2001:db8::1 }'] })) {
  pageTest(`opens without errors: ${name}`, words, {}, async (tab) => {
    await tab.fill('#packet-hex', '00'.repeat(60));
    assert.ok(await tab.locator('.verdict').count() > 0);
  });
}

const HOSTS = Array.from({ length: 120 }, (_, i) => `host 10.${(i * 7) % 256}.${(i * 29) % 256}.${(i * 101) % 256}`).join(' or ');
pageTest('a filter too large for a picture is shown as text, in part, and the page stays quick', [HOSTS], { viewport: { width: 390, height: 844 } }, async (tab) => {
  assert.match(await tab.locator('#graph').textContent(), /blocks: too many for a picture.*more lines/s);
  assert.ok(await tab.evaluate(() => document.getElementById('graph').textContent.length) < 300_000);
  await tab.click('#packet-example');
  assert.ok(await tab.locator('.row.lit').count() > 4);
});

/** A page of the bench over the corpus, made once; with few large filters, which take long. */
let benchPage = null;
function benchReport() {
  if (benchPage === null) {
    benchPage = join(directory, 'bench.html');
    execFileSync(bench, ['--corpus', corpus(), '--html', benchPage, '--kinds', 'hosts', '--sizes', '8,16,32'], { stdio: ['ignore', 'ignore', 'pipe'] });
  }
  return benchPage;
}

function corpus() {
  const rows = ['web | EN10MB | tcp port 80', 'name | EN10MB | port 53', 'ping | EN10MB | icmp or icmp6', 'raw | RAW | udp port 53', 'wrong | EN10MB | 0 / ether[1] = 0', 'refused | EN10MB | ip and ip6', 'same | EN10MB | ip'];
  writeFileSync(join(directory, 'common.txt'), `${rows.slice(0, 4).join('\n')}\n`);
  writeFileSync(join(directory, 'mine.txt'), `${rows.slice(4).join('\n')}\n`);
  return directory;
}

const noBench = !bench ? 'bpfopt-bench was not built' : spawnSync('tcpdump', ['--version']).error ? 'tcpdump is not installed' : false;

test('the bench page sorts and filters its rows', { skip: noBench }, async () => {
  const { tab, problems } = await openPage(browser, benchReport());
  const column = (n) => tab.locator(`.rows tbody td:nth-child(${n})`).allTextContents();
  assert.equal((await column(1)).length, 7);
  const ratios = (await column(5)).filter(Boolean).map(Number);
  assert.deepEqual(ratios, [...ratios].sort((a, b) => a - b));
  await tab.getByRole('button', { name: 'ratio' }).click();
  assert.deepEqual((await column(5)).filter(Boolean).map(Number), [...ratios].reverse());
  assert.equal(await tab.locator('th[aria-sort="descending"]').textContent(), 'ratio');
  await tab.fill('#search', 'port 53');
  assert.deepEqual((await column(1)).sort(), ['port 53', 'udp port 53']);
  await tab.fill('#search', '');
  await tab.selectOption('#corpus', 'mine.txt');
  assert.equal((await column(1)).length, 3);
  await tab.selectOption('#outcome', 'tcpdump-refuses');
  assert.deepEqual(await column(1), ['ip and ip6']);
  assert.match(await tab.locator('#row-count').textContent(), /^1 of 7 filters/);
  assert.deepEqual(problems, []);
  await tab.context().close();
});

test('the bench page stands where no filter counts', { skip: noBench }, async () => {
  for (const rows of ['refused | EN10MB | ip and ip6\n', 'raw | RAW | udp\n', 'none | NO_SUCH_TYPE | udp\nbroken | EN10MB | nosuchword 1\n']) {
    const odd = mkdtempSync(join(tmpdir(), 'bpfopt-odd-'));
    writeFileSync(join(odd, 'rows.txt'), rows);
    const made = join(odd, 'bench.html');
    spawnSync(bench, ['--corpus', odd, '--parts', 'sizes,strict,executed,executed-speed,rates,peers,levels', '--html', made], { stdio: 'ignore' });
    const { tab, problems } = await openPage(browser, made);
    assert.deepEqual(problems, [], rows);
    assert.equal(await tab.locator('.rows tbody tr').count(), rows.trim().split('\n').length);
    await tab.context().close();
    rmSync(odd, { recursive: true });
  }
});

test('the bench page draws its plots, and says what is pointed at', { skip: noBench }, async () => {
  const { tab, problems } = await openPage(browser, benchReport());
  assert.equal(await tab.locator('.plot canvas').count(), 6, 'sizes, executed, and of sets size, time, executed, memory');
  const plot = await tab.locator('.plot .u-over').first().boundingBox();
  await tab.mouse.move(plot.x + plot.width / 2, plot.y + plot.height / 2);
  assert.match(await tab.locator('.readout').first().textContent(), /: \d+ instructions, libpcap \d+/);
  await tab.locator('.plot').first().focus();
  await tab.keyboard.press('Home');
  const first = await tab.locator('.readout').first().textContent();
  await tab.keyboard.press('ArrowRight');
  assert.notEqual(await tab.locator('.readout').first().textContent(), first);
  await tab.selectOption('#kind', 'hosts');
  assert.match(await tab.locator('figcaption', { hasText: 'Instructions.' }).textContent(), /bpfopt grows like n\^\d/);
  await tab.click('.theme');
  assert.equal(await tab.locator('.plot canvas').count(), 6);
  assert.deepEqual(await faintTexts(tab), []);
  assert.match(await tab.locator('#means').textContent(), /all/);
  assert.deepEqual(problems, []);
  await tab.context().close();
});

for (const [name, options] of Object.entries(VIEWS)) {
  test(`the bench page fits: ${name}`, { skip: noBench }, async () => {
    const { tab, problems } = await openPage(browser, benchReport(), options);
    const { width, room } = await tab.evaluate(() => ({ width: document.documentElement.scrollWidth, room: innerWidth }));
    assert.ok(width <= room, `${width} pixels wide in ${room}`);
    await tab.screenshot({ path: join(screenshots, `bench-${name}.png`), fullPage: true });
    assert.deepEqual(problems, []);
    await tab.context().close();
  });
}

for (const [name, options] of Object.entries(VIEWS)) {
  pageTest(`fits: ${name}`, [FILTER], options, async (tab) => {
    if (await tab.locator('#packet-example').count()) await tab.click('#packet-example');
    const { width, room } = await tab.evaluate(() => ({ width: document.documentElement.scrollWidth, room: innerWidth }));
    assert.ok(width <= room, `${width} pixels wide in ${room}`);
    await tab.screenshot({ path: join(screenshots, `report-${name}.png`), fullPage: true });
  });
}
