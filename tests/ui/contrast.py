"""How well things can be told from what is behind them, as WCAG defines it, from what a page computes."""

MEASURE = """
    const canvas = document.createElement('canvas');
    canvas.width = canvas.height = 1;
    const context = canvas.getContext('2d', {willReadFrequently: true});
    const over = (behind, color, opacity = 1) => {
        for (const [one, share] of [[`rgb(${behind})`, 1], [color, opacity]]) {
            context.globalAlpha = share;
            context.fillStyle = one;
            context.fillRect(0, 0, 1, 1);
        }
        return [...context.getImageData(0, 0, 1, 1).data].slice(0, 3);
    };
    // What is painted behind the content of an element, and how much of that content covers it.
    const behind = element => {
        const chain = [];
        for (let at = element; at; at = at.parentElement) chain.unshift(getComputedStyle(at));
        return chain.reduce(([color, covers], style) => {
            const share = covers * Number(style.opacity);
            return [over(color, style.backgroundColor, share), share];
        }, [[255, 255, 255], 1]);
    };
    const luminance = rgb => {
        const [r, g, b] = rgb.map(v => v / 255).map(v => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
        return 0.2126 * r + 0.7152 * g + 0.0722 * b;
    };
    const contrast = (one, other) => {
        const [dark, light] = [luminance(one), luminance(other)].sort((a, b) => a - b);
        return (light + 0.05) / (dark + 0.05);
    };
    const idle = element => element.closest(':disabled, [aria-disabled=true], .xai-spoken');
"""

TEXTS = f"""root => {{
    {MEASURE}
    const found = [];
    root ??= document.querySelector('.xai');
    const walker = document.createTreeWalker(root, NodeFilter.SHOW_TEXT);
    while (walker.nextNode()) {{
        const element = walker.currentNode.parentElement;
        if (!walker.currentNode.textContent.trim() || !element.checkVisibility() || idle(element)) continue;
        if (element.closest('option:not(:checked), optgroup')) continue;
        const [background, covers] = behind(element);
        // What is seen when it is pointed at alone.
        if (covers === 0) continue;
        const text = over(background, getComputedStyle(element).color, covers);
        found.push([contrast(text, background), walker.currentNode.textContent.trim(), luminance(background)]);
    }}
    return found;
}}"""
"""The contrast of every text of a widget, or the first on the page, with what is behind it, and how light that is."""

CONTROLS = f"""root => {{
    {MEASURE}
    const found = [];
    const shown = element => element.checkVisibility() && !idle(element);
    const name = element => `${{element.tagName}} ${{element.className}} ${{element.ariaLabel ?? element.textContent}}`;
    const all = root.querySelectorAll('button, select, textarea, input, .xai-segments, .xai-swatches label');
    for (const element of all) {{
        if (!shown(element) || element.matches('[type=radio], [type=range]')) continue;
        const [background, covers] = behind(element.parentElement);
        const {{accentColor, borderTopColor}} = getComputedStyle(element);
        const color = element.matches('[type=checkbox]') ? accentColor : borderTopColor;
        // A button without an edge is its words, or its sign.
        if (color === 'rgba(0, 0, 0, 0)' || covers === 0) continue;
        found.push([contrast(over(background, color, covers), background), name(element)]);
    }}
    for (const chosen of root.querySelectorAll('.xai-segments label:has(:checked)')) {{
        if (!shown(chosen)) continue;
        const [background] = behind(chosen.parentElement);
        found.push([contrast(behind(chosen)[0], background), `chosen ${{chosen.textContent}}`]);
    }}
    return found;
}}"""
"""The same of what each control is seen by: its edge, its colour where it is chosen. Sliders are to be looked at."""

RINGS = f"""root => {{
    {MEASURE}
    const found = [];
    for (const element of root.querySelectorAll('button, select, textarea, input, summary, [tabindex="0"]')) {{
        if (!element.checkVisibility() || element.matches(':disabled')) continue;
        element.focus({{preventScroll: true}});
        if (document.activeElement !== element) continue;
        const shown = element.matches('[type=radio]') ? element.closest('label') : element;
        const {{outlineStyle, outlineWidth, outlineColor, outlineOffset}} = getComputedStyle(shown);
        const [background] = behind(parseFloat(outlineOffset) < 0 ? shown : shown.parentElement);
        const drawn = outlineStyle !== 'none' && parseFloat(outlineWidth) >= 2;
        const name = `${{element.tagName}} ${{element.className}} ${{element.ariaLabel ?? element.textContent}}`;
        found.push([drawn ? contrast(over(background, outlineColor), background) : 1, name]);
    }}
    return found;
}}"""
"""The same of the ring around each element that takes the keys, when it has them."""
