// WCAG's contrast of text (1.4.3), level AA, computed in the page.

/** ['ratio text', ...] of what is too faint against what is behind it; a gradient counts with each of its colours. */
export const faintTexts = (tab) => tab.evaluate(() => {
  const canvas = document.createElement('canvas').getContext('2d', { willReadFrequently: true });
  const rgba = (colour) => {
    canvas.clearRect(0, 0, 1, 1);
    canvas.fillStyle = colour;
    canvas.fillRect(0, 0, 1, 1);
    return [...canvas.getImageData(0, 0, 1, 1).data];
  };
  const luminance = ([r, g, b]) => [r, g, b].map((c) => (c / 255 <= 0.04045 ? c / 255 / 12.92 : ((c / 255 + 0.055) / 1.055) ** 2.4))
    .reduce((sum, c, i) => sum + c * [0.2126, 0.7152, 0.0722][i], 0);
  const contrast = (a, b) => {
    const [high, low] = [luminance(a), luminance(b)].sort((x, y) => y - x);
    return (high + 0.05) / (low + 0.05);
  };
  const behind = (element) => {
    for (let at = element; at; at = at.parentElement) {
      const style = getComputedStyle(at);
      const colours = style.backgroundImage.match(/rgba?\([^)]*\)|color\([^)]*\)/g);
      if (colours) return colours.map(rgba);
      const colour = rgba(at instanceof SVGElement && at.tagName === 'rect' ? style.fill : style.backgroundColor);
      if (colour[3] > 0) return [colour];
      const box = at.parentElement?.querySelector(':scope > rect');
      if (box) return [rgba(getComputedStyle(box).fill)];
    }
    return [[255, 255, 255, 255]];
  };
  const faint = new Set();
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (texts.nextNode()) {
    const element = texts.currentNode.parentElement;
    if (texts.currentNode.data.trim() === '' || !element.checkVisibility({ contentVisibilityAuto: true }) || element.closest('script, style, option, .unseen, :disabled')) continue;
    const style = getComputedStyle(element);
    const ink = rgba(element instanceof SVGElement ? style.fill : style.color);
    const size = parseFloat(style.fontSize);
    const needed = size >= 24 || (size >= 18.66 && Number(style.fontWeight) >= 700) ? 3 : 4.5;
    const ratio = Math.min(...behind(element).map((paper) => contrast(ink, paper)));
    if (ratio < needed) faint.add(`${ratio.toFixed(2)} ${element.className?.baseVal ?? element.className} '${texts.currentNode.data.trim().slice(0, 30)}'`);
  }
  return [...faint];
});
