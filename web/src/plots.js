// Plots by uPlot, in the page's colours, drawn anew when those change.
import uPlot from 'uplot';
import { h } from './dom.js';

const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

let plots = [];

/** Draws every plot on the page again: the theme, the room, or what is drawn has changed. */
export function redraw() {
  plots = plots.filter(({ box }) => box.isConnected);
  for (const plot of plots) plot.draw();
}

const HINT = 'Point at a plot to read it, or go through it with the left and right arrow keys.';
let isFirst = true;

/**
 * A figure with a plot of `series` [{label, colour, points: [[x, y], ...], spread: Map of x to [low, high]}] over common
 * x values. `options`: {title, subtitle, describe(x value, values), x, y, log, logY, line at y: level,
 * keys where they are not the series}.
 */
export function figure(series, options) {
  const box = h('div', { class: 'plot', tabindex: 0, role: 'group', 'aria-label': `Plot. ${options.title} ${HINT}` });
  const readout = h('p', { class: 'readout note', role: 'status' }, isFirst ? HINT : '');
  isFirst = false;
  const xs = [...new Set(series.flatMap(({ points }) => points.map(([x]) => x)))].sort((a, b) => a - b);
  const data = [xs, ...series.map(({ points }) => {
    const byX = new Map(points);
    return xs.map((x) => byX.get(x) ?? null);
  })];
  let plot = null;
  const draw = () => {
    plot?.destroy();
    plot = new uPlot(settings(series, options, box, readout), data, box);
  };
  plots.push({ box, draw });
  box.addEventListener('keydown', (event) => {
    const step = { ArrowLeft: -1, ArrowRight: 1, PageUp: -10, PageDown: 10, Home: -Infinity, End: Infinity }[event.key];
    if (step === undefined || !plot) return;
    event.preventDefault();
    const at = plot.cursor.idx ?? -1;
    const next = Math.min(Math.max(at + step, 0), xs.length - 1);
    plot.setCursor({ left: plot.valToPos(xs[next], 'x'), top: plot.over.clientHeight / 2 });
  });
  const legend = h('p', { class: 'keys' }, (options.keys ?? series).map(({ label, colour: name, marker }) =>
    h('span', { class: `key ${name} ${marker ?? ''}` }, label)));
  return h('figure', {}, h('figcaption', {}, h('b', {}, options.title), options.subtitle ? ` ${options.subtitle}` : ''), legend, box, readout);
}

function settings(series, options, box, readout) {
  const ink = colour('--ink');
  const axis = (label, extra = {}) => ({
    label, stroke: ink, font: '12px system-ui, sans-serif', labelFont: '12px system-ui, sans-serif', labelSize: 20,
    grid: { stroke: colour('--line'), width: 1 }, ticks: { stroke: colour('--line'), width: 1 }, ...extra,
  });
  const width = Math.max(box.clientWidth, 260);
  const isPower = (value) => value !== null && Math.abs(Math.log10(value) - Math.round(Math.log10(value))) < 1e-9;
  const powers = (_, splits) => splits.map((value) => (isPower(value) ? value : null));
  const logAxis = { filter: powers, grid: { stroke: colour('--line'), width: 1, filter: powers }, ticks: { stroke: colour('--line'), width: 1, filter: powers }, values: (_, splits) => splits.map((v) => (v === null ? '' : v >= 1 ? v.toLocaleString('en') : String(v))) };
  return {
    width,
    height: Math.round(Math.min(340, Math.max(240, width * 0.5))),
    legend: { show: false },
    cursor: { points: { size: 9 }, drag: { x: false, y: false }, focus: { prox: 24 } },
    scales: {
      x: { time: false, distr: options.log ? 3 : 1, range: options.log ? undefined : (_, low, high) => [low - 1, high + 1] },
      y: { distr: options.log || options.logY ? 3 : 1, range: options.log || options.logY ? undefined : (_, low, high) => [Math.min(0.4, low), Math.max(options.top ?? 1.05, high + 0.05)] },
    },
    axes: [axis(options.x, options.log ? logAxis : {}), axis(options.y, { size: 58, ...(options.log || options.logY ? logAxis : {}) })],
    series: [{}, ...series.map(({ label, colour: name, line, dash, isSmooth }) => ({
      label, stroke: colour(`--${name}`), width: line ? 2 : 0, dash, paths: line ? undefined : () => null, spanGaps: true,
      points: { show: !isSmooth, size: line ? 7 : 5, fill: colour(`--${name}`), stroke: colour(`--${name}`) },
    }))],
    hooks: {
      drawAxes: [(u) => drawLevel(u, options.level, ink), (u) => drawSpreads(u, series)],
      setCursor: [(u) => {
        const at = u.cursor.idx;
        if (at === null || at === undefined) return;
        const values = series.map((each, i) => ({ ...each, value: u.data[i + 1][at] })).filter(({ value }) => value !== null && value !== undefined);
        if (values.length > 0) readout.replaceChildren(...options.describe(u.data[0][at], values));
      }],
    },
  };
}

/** The line where both are equal. */
function drawLevel(u, level, ink) {
  if (level === undefined) return;
  const y = u.valToPos(level, 'y', true);
  u.ctx.save();
  u.ctx.strokeStyle = ink;
  u.ctx.lineWidth = devicePixelRatio;
  u.ctx.beginPath();
  u.ctx.moveTo(u.bbox.left, y);
  u.ctx.lineTo(u.bbox.left + u.bbox.width, y);
  u.ctx.stroke();
  u.ctx.restore();
}

/** From low to high, a bar behind each point of the series that have them. */
function drawSpreads(u, series) {
  u.ctx.save();
  u.ctx.beginPath();
  u.ctx.rect(u.bbox.left, u.bbox.top, u.bbox.width, u.bbox.height);
  u.ctx.clip();
  u.ctx.lineWidth = 1.5 * devicePixelRatio;
  u.ctx.globalAlpha = 0.45;
  for (const { colour: name, spread } of series) {
    u.ctx.strokeStyle = colour(`--${name}`);
    for (const [x, [low, high]] of spread ?? []) {
      const at = u.valToPos(x, 'x', true);
      u.ctx.beginPath();
      u.ctx.moveTo(at, u.valToPos(low, 'y', true));
      u.ctx.lineTo(at, u.valToPos(high, 'y', true));
      u.ctx.stroke();
    }
  }
  u.ctx.restore();
}
