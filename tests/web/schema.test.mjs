// What the programs write as JSON is what docs/*.schema.json say.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { after } from 'node:test';

const { BPFOPT_COMMAND: command, BPFOPT_BENCH_COMMAND: bench } = process.env;

function validator(name) {
  const Ajv = createRequire(new URL('../../web/package.json', import.meta.url))('ajv');
  return new Ajv({ allErrors: true }).compile(JSON.parse(readFileSync(new URL(`../../docs/${name}.schema.json`, import.meta.url), 'utf8')));
}

function whyNot(program) {
  try {
    createRequire(new URL('../../web/package.json', import.meta.url)).resolve('ajv');
  } catch {
    return 'web/node_modules is not installed (npm ci)';
  }
  return program ? false : 'not built';
}

const directory = mkdtempSync(join(tmpdir(), 'bpfopt-'));
after(() => rmSync(directory, { recursive: true }));

function output(...words) {
  const { stdout, status, stderr } = spawnSync(words[0], words.slice(1), { encoding: 'utf8', maxBuffer: 1 << 28 });
  assert.equal(status, 0, stderr);
  return JSON.parse(stdout);
}

function check(validate, data) {
  assert.ok(validate(data), JSON.stringify(validate.errors?.slice(0, 5)));
}

test('bpfopt report --json', { skip: whyNot(command) }, () => {
  const validate = validator('report');
  const reports = [['tcp port 80 and host 192.0.2.17'], [''], ['1/2=1/3&&1>4/5&&1>6/7'], ['ip and ip6'], ['when(tcp, port 80, udp)'], ['-O0', 'vlan'], ['--equal', 'strict', '--target', 'linux', 'rand(0.5)'], ['-y', 'RAW', 'icmp or udp']];
  for (const words of reports) {
    const data = output(command, 'report', '--json', '-o', '-', ...words);
    check(validate, data);
    assert.equal(data.filter.segments.map(({ text }) => text).join(''), data.filter.text);
    assert.ok(data.lower_bound <= data.ours.instructions.length);
    for (const { graph } of data.stages) assert.ok(!graph || graph.every(({ edges }) => edges.every(({ to }) => to < graph.length)));
  }
});

const noTcpdump = spawnSync('tcpdump', ['--version']).error ? 'tcpdump is not installed' : false;
test('bpfopt-bench --json', { skip: whyNot(bench) || noTcpdump }, () => {
  const validate = validator('bench');
  writeFileSync(join(directory, 'rows.txt'), 'web | EN10MB | tcp port 80\nwrong | EN10MB | 0 / ether[1] = 0\nrefused | EN10MB | ip and ip6\nraw | RAW | udp\n');
  check(validate, output(bench, '--corpus', directory, '--json'));
  check(validate, output(bench, '--corpus', directory, '--executed', '--json'));
  check(validate, output(bench, '--corpus', directory, '--times', '--json'));
  check(validate, output(bench, '--corpus', directory, '--rates', '--json'));
  const parts = 'sizes,strict,executed,executed-speed,seccomp,ablation,levels,sets';
  const page = output(bench, '--corpus', directory, '--parts', parts, '--html', join(directory, 'bench.html'), '--kinds', 'hosts', '--sizes', '8,16', '--no-kernel', '--json');
  check(validate, page);
  assert.deepEqual(page.sets.rows.map(({ entries }) => entries), [8, 16]);
  assert.match(readFileSync(join(directory, 'bench.html'), 'utf8'), /"kind":"bench"/);
});
