// Looks: one style sheet for all widgets, made by script, which a policy without inline styles allows, and what a host
// customizes as variables of one widget.

const THEMES = ["light", "dark", "none"];
const PRESETS = ["modern", "classic", "corporate", "sharp", "minimal"];
const sheets = new Map(); // document or shadow root: how many widgets are in it, and the sheet

function addStyles(root) {
  if (!root.adoptedStyleSheets) return; // a browser of before 2023 shows the form as it is
  const used = sheets.get(root) ?? { count: 0, sheet: new CSSStyleSheet() };
  if (used.count++ === 0) {
    used.sheet.replaceSync(STYLES);
    root.adoptedStyleSheets = [...root.adoptedStyleSheets, used.sheet];
  }
  sheets.set(root, used);
}

function removeStyles(root) {
  const used = sheets.get(root);
  if (!used || --used.count > 0) return;
  root.adoptedStyleSheets = root.adoptedStyleSheets.filter((s) => s !== used.sheet);
  sheets.delete(root);
}

// The values of a customization, each with the property that it is a value of.
const LOOKS = {
  layout: {
    padding: "padding",
    paddingTop: "padding-top",
    margin: "margin",
    borderRadius: "border-radius",
    maxWidth: "max-width",
  },
  colors: {
    background: "background-color",
    buttonBackground: "background-color",
    buttonText: "color",
    inputBackground: "background-color",
    inputText: "color",
    inputPlaceholder: "color",
    borderColor: "color",
    inputFocusBorderColor: "color",
    inputFocusBoxShadow: "box-shadow",
    buttonHoverBackground: "background-color",
  },
  typography: {
    titleSize: "font-size",
    titleColor: "color",
    labelSize: "font-size",
    fontFamily: "font-family",
    labelColor: "color",
    labelFontWeight: "font-weight",
    titleAlignment: "text-align",
    titleWeight: "font-weight",
    titleLineHeight: "line-height",
    navTextColor: "color",
    navTextColorDark: "color",
  },
  termsText: { textColor: "color", linkColor: "color" },
  inputs: {
    borderRadius: "border-radius",
    height: "height",
    width: "width",
    padding: "padding",
    margin: "margin",
    fontSize: "font-size",
    fontWeight: "font-weight",
    focusBorderColor: "color",
    focusBoxShadow: "box-shadow",
    placeholderAlign: "text-align",
  },
  buttons: {
    height: "height",
    width: "width",
    padding: "padding",
    margin: "margin",
    borderRadius: "border-radius",
    hoverBackground: "background-color",
  },
  navLinks: {
    fontSize: "font-size",
    color: "color",
    fontFamily: "font-family",
    textAlign: "text-align",
    marginTop: "margin-top",
    marginBottom: "margin-bottom",
    fontWeight: "font-weight",
    linkColor: "color",
    linkFontWeight: "font-weight",
  },
  pageLayout: {
    backgroundColor: "background-color",
    formMarginTop: "margin-top",
    formMarginBottom: "margin-bottom",
    formMarginLeft: "margin-left",
    formMarginRight: "margin-right",
  },
};

// customize sets what the style sheet reads. A value that is none of its property is left out; none of these properties
// takes one that loads something.
function customize(node, chosen) {
  const groups = { ...chosen, termsText: chosen.typography?.termsText };
  for (const [group, properties] of Object.entries(LOOKS)) {
    for (const [name, property] of Object.entries(properties)) {
      const value = textOf(groups[group]?.[name]);
      if (!value || !CSS.supports(property, value)) continue;
      const variable = `--authiqa-${group}-${name}`.replace(/[A-Z]/g, (c) => `-${c.toLowerCase()}`);
      node.style.setProperty(variable, value);
    }
  }
  const where = textOf(chosen.pageLayout?.formPosition);
  if (["left", "right", "top", "bottom", "center"].includes(where)) node.classList.add(`authiqa-at-${where}`);
}
