// What tests measure of a page: sizes of letters, words that lie on others, and contrasts.
({
  // The sizes of all letters that are to be seen, in pixels: text and pictures.
  letters: () => {
    const sizes = [];
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    while (walker.nextNode()) {
      const node = walker.currentNode.parentElement;
      if (!walker.currentNode.data.trim() || !node.checkVisibility({ visibilityProperty: true }) || node.closest(".ras-sr, option, title, desc, style, script")) continue;
      const picture = node.closest("svg text");
      sizes.push(parseFloat(getComputedStyle(node).fontSize) * (picture ? picture.getScreenCTM().a : 1));
    }
    return sizes;
  },

  // Words of pictures and boxes that lie on others, or on a box of the map that is not theirs, or beyond their picture.
  overlaps: () => {
    const all = (selector) =>
      [...document.querySelectorAll(selector)]
        .filter((node) => node.checkVisibility() && !node.closest("[aria-hidden]"))
        .map((node) => [node.textContent || node.nextSibling?.textContent, node.getBoundingClientRect(), node])
        .filter(([text]) => text);
    const words = all(".ras-svg text, .ras-boxes p, .ras-boxes button");
    const hit = (a, b) =>
      Math.min(a.right, b.right) - Math.max(a.left, b.left) > 1 && Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top) > 3;
    const found = [];
    words.forEach(([text, a], i) => words.slice(i + 1).forEach(([other, b]) => hit(a, b) && found.push(`${text} on ${other}`)));
    for (const [text, a] of all(".ras-map .tag .label")) {
      for (const [name, b] of all(".ras-map .actor > path")) if (hit(a, b)) found.push(`${text} on the box of ${name}`);
    }
    for (const [text, { left, right, bottom }, node] of words) {
      const holder = node.closest("svg, .ras-boxes"); // what scrolls cuts nothing
      const outer = holder.getBoundingClientRect();
      const below = holder.scrollHeight > holder.clientHeight ? bottom : outer.bottom;
      if (left < outer.left - 1 || right > outer.right + 1 || bottom > below + 1) found.push(`${text} is cut`);
    }
    return found;
  },

  contrasts: () => {
    const canvas = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
    const rgb = (colour) => {
      canvas.clearRect(0, 0, 1, 1);
      canvas.fillStyle = colour;
      canvas.fillRect(0, 0, 1, 1);
      return [...canvas.getImageData(0, 0, 1, 1).data];
    };
    const over = ([r, g, b, a], below, more) => [r, g, b].map((v, i) => (v * a * more) / 255 + below[i] * (1 - (a * more) / 255));
    const linear = (v) => (v / 255 <= 0.04045 ? v / 255 / 12.92 : ((v / 255 + 0.055) / 1.055) ** 2.4);
    const light = ([r, g, b]) => 0.2126 * linear(r) + 0.7152 * linear(g) + 0.0722 * linear(b);
    const page = rgb(getComputedStyle(document.body).backgroundColor);
    return [...document.querySelectorAll(".ras-two text")]
      .filter((text) => text.textContent.trim() && text.checkVisibility())
      .map((text) => {
        const look = getComputedStyle(text);
        const before = text.previousElementSibling;
        const shape = text.matches(".number") ? (before?.matches(".disc, rect") ? before : null) : text.closest(".actor, .source")?.querySelector("path");
        const below = shape && getComputedStyle(shape);
        const ground = below && below.fill !== "none" ? over(rgb(below.fill), page, +below.fillOpacity) : page;
        let strength = +look.fillOpacity;
        for (let node = text; node.matches("svg *"); node = node.parentNode) strength *= +getComputedStyle(node).opacity;
        const [a, b] = [light(over(rgb(look.fill), ground, strength)), light(ground)];
        return [text.textContent.trim(), (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05)];
      });
  },
})
