/** The one style sheet of the page; its hash is in the page's policy, so nothing else can style it. Colours are told apart by lightness as well. */
export const style = `
:root {
  color-scheme: light dark;
  --paper: #fcfcfa; --ink: #1b1f24; --soft: #59626d; --rule: #dde1e5; --faint: #eef0f2;
  --accent: #1f62ad; --pale: #b7cfe9; --warn: #a84a04;
}
@media (prefers-color-scheme: dark) {
  :root {
    --paper: #14171b; --ink: #e6e9ed; --soft: #9ba6b2; --rule: #323941; --faint: #22272d;
    --accent: #79b1ee; --pale: #2f527a; --warn: #f2a765;
  }
}

* { box-sizing: border-box; }
html {
  background: var(--paper); color: var(--ink);
  font: 15px/1.5 system-ui, -apple-system, 'Segoe UI', sans-serif; font-variant-numeric: tabular-nums;
}
body { max-width: 66rem; margin: 0 auto; padding: 2.5rem 1.5rem 3rem; }
h1, h2, p, dl, dd, figure, table { margin: 0; }
h1 { font-size: 1.75rem; line-height: 1.2; font-weight: 650; letter-spacing: -0.015em; overflow-wrap: anywhere; }
h2 { font-size: 1.0625rem; line-height: 1.3; font-weight: 650; }
section { margin-top: 2.75rem; }
.when, .note, footer { color: var(--soft); overflow-wrap: anywhere; }
.when { margin-top: 0.375rem; }
.note { font-size: 0.875rem; margin-top: 0.125rem; max-width: 46rem; }
.note strong { color: var(--ink); }
.dim { color: var(--soft); }
.bad { color: var(--warn); }
footer { margin-top: 3rem; padding-top: 1rem; border-top: 1px solid var(--rule); font-size: 0.8125rem; }

.headline {
  display: grid; grid-template-columns: repeat(auto-fit, minmax(8rem, 1fr)); gap: 1.25rem 1.5rem;
  margin-top: 1.75rem; padding: 1.25rem 0; border: solid var(--rule); border-width: 1px 0;
}
.headline dt { font-size: 0.8125rem; color: var(--soft); }
.headline dd { font-size: 1.5rem; line-height: 1.25; font-weight: 600; letter-spacing: -0.01em; }
.headline span, .headline dd div { font-size: 0.8125rem; line-height: 1.4; font-weight: 400; color: var(--soft); letter-spacing: 0; }
.alert { margin-top: 1rem; padding-left: 0.875rem; border-left: 3px solid var(--warn); max-width: 46rem; }

table { width: 100%; border-collapse: collapse; margin-top: 0.625rem; }
th, td { padding: 0.375rem 0 0.375rem 1rem; text-align: right; font-weight: 400; white-space: nowrap; }
th:first-child, td:first-child { padding-left: 0; text-align: left; }
thead th { font-size: 0.8125rem; color: var(--soft); }
thead tr { border-bottom: 1px solid var(--rule); }
tbody tr { border-bottom: 1px solid var(--faint); }
.chart { table-layout: fixed; }
.chart .name { width: 24%; }
.chart .figure { width: 6.25rem; }
.dense .figure { width: 4.75rem; }
.chart th:first-child { white-space: normal; overflow-wrap: anywhere; }
.scroll { overflow-x: auto; }
.scroll:focus-visible { outline: 2px solid var(--accent); outline-offset: 4px; }
.scroll th, .scroll td { font-size: 0.8125rem; padding-left: 0.75rem; }
.scroll th:first-child, .scroll td:first-child { padding-left: 0; }
.scroll .text { text-align: left; max-width: 9rem; overflow: hidden; text-overflow: ellipsis; }
.scroll .outcome { max-width: 14rem; }
details { margin-top: 0.5rem; font-size: 0.875rem; }
details table { max-width: 28rem; }
summary { color: var(--soft); cursor: pointer; width: fit-content; }

svg { display: block; overflow: visible; }
svg text { font-size: 12px; fill: var(--soft); }
svg .value { fill: var(--ink); font-weight: 600; }
.plot { margin-top: 1rem; display: grid; grid-template-columns: auto 1fr; column-gap: 0.75rem; }
.grid { stroke: var(--rule); }
.base { stroke: var(--soft); }
.bar, .middle { fill: var(--accent); }
.range { fill: var(--pale); }
.track { fill: var(--faint); }
.whisker { stroke: var(--soft); stroke-width: 1.5; }
.hatched { fill: url(#hatch); }
.hatch-ground { fill: var(--pale); }
.hatch-line { stroke: var(--accent); stroke-width: 2; }
.unpriced { fill: var(--paper); stroke: var(--warn); stroke-width: 2; }
.defs { position: absolute; width: 0; height: 0; }
.key { display: flex; flex-wrap: wrap; gap: 0.25rem 1.25rem; margin-top: 0.5rem; font-size: 0.8125rem; color: var(--soft); }
.key span { display: inline-flex; align-items: center; gap: 0.4375rem; }

@media (max-width: 38rem) {
  body { padding: 1.5rem 1rem 2rem; }
  .wide { display: none; }
  th, td { padding-left: 0.625rem; }
  .chart .name { width: 32%; }
  .chart .figure { width: 4.5rem; }
  .chart td, .chart thead th { font-size: 0.8125rem; }
  .headline { grid-template-columns: 1fr 1fr; }
  .headline dd { font-size: 1.25rem; }
}
@media print {
  :root {
    color-scheme: light;
    --paper: #fff; --ink: #000; --soft: #444; --rule: #bbb; --faint: #e4e4e4; --accent: #1f62ad; --pale: #b7cfe9; --warn: #a84a04;
  }
  html { font-size: 11px; }
  body { max-width: none; padding: 0; }
  section, figure, tr { break-inside: avoid; }
  section.rows { break-inside: auto; }
  h2 { break-after: avoid; }
  thead { display: table-header-group; }
  details:not([open]) { display: none; }
  .scroll { overflow: visible; }
  .scroll .text { max-width: none; white-space: normal; overflow-wrap: anywhere; }
  svg { print-color-adjust: exact; -webkit-print-color-adjust: exact; }
}
`;
