/**
 * Selects parts of the texts on the page and says what the page makes of them. Counts by the language's own characters
 * and walks through the page by itself: nothing of what is tested is used to test it.
 */
async ([address, wanted]) => {
  const { mapOf } = await import(address);

  /** The place on the page before the n-th character that a view holds. */
  const place = (view, characters) => {
    const walk = document.createTreeWalker(view, NodeFilter.SHOW_TEXT);
    let [last, left] = [null, characters];
    for (let node = walk.nextNode(); node; node = walk.nextNode()) {
      const held = [...node.data];
      if (left < held.length) return [node, held.slice(0, left).join("").length];
      left -= held.length;
      last = node;
    }
    return [last, last.length];
  };
  const found = (view, [from, to]) => {
    const map = mapOf(view);
    getSelection().setBaseAndExtent(...place(view, from), ...place(view, to));
    const marked = map.rangeAt(getSelection().getRangeAt(0));
    if (!marked) return null;
    const painted = map.rangesOf(marked.start, marked.end).map((one) => {
      const range = document.createRange();
      range.setStart(one.startContainer, one.startOffset);
      range.setEnd(one.endContainer, one.endOffset);
      return range.toString();
    });
    return { ...marked, text: map.slice(marked.start, marked.end), painted: painted.join("") };
  };
  /** What each character by itself stands for. */
  const each = (view) => {
    const found = [];
    const walk = document.createTreeWalker(view, NodeFilter.SHOW_TEXT);
    for (let node = walk.nextNode(); node; node = walk.nextNode()) {
      let at = 0;
      for (const character of node.data) {
        const range = document.createRange();
        range.setStart(node, at);
        range.setEnd(node, (at += character.length));
        const marked = mapOf(view).rangeAt(range);
        found.push(marked && [marked.start, marked.end]);
      }
    }
    return found;
  };
  return wanted.map(({ text, stored, seen }) => {
    const views = [...document.querySelectorAll(`[data-text="${text}"]`)];
    const rendered = views.find((view) => view.matches("[data-rendered]"));
    const raw = views.find((view) => view !== rendered);
    return {
      text,
      length: mapOf(raw).length,
      held: raw.textContent,
      shown: rendered?.textContent,
      stored: stored.map((part) => found(raw, part)),
      each: rendered ? each(rendered) : [],
      seen: rendered?.textContent ? seen.map((part) => found(rendered, part)) : [],
    };
  });
}
