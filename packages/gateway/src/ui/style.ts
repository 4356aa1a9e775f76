/** The one style sheet of the dashboard; its hash is in the page's policy. Nothing is told by colour alone. */
export const style: string = `
:root {
  color-scheme: light dark;
  --paper: #fcfcfa; --raised: #fff; --ink: #1b1f24; --soft: #59626d; --rule: #dde1e5; --faint: #eef0f2;
  --accent: #1f62ad; --pale: #b7cfe9; --warn: #a84a04; --good: #1c6b3c;
}
@media (prefers-color-scheme: dark) {
  :root {
    --paper: #14171b; --raised: #1a1e23; --ink: #e6e9ed; --soft: #9ba6b2; --rule: #323941; --faint: #22272d;
    --accent: #79b1ee; --pale: #2f527a; --warn: #f2a765; --good: #7ccf9b;
  }
}

* { box-sizing: border-box; }
[hidden] { display: none !important; }
html {
  background: var(--paper); color: var(--ink);
  font: 15px/1.5 system-ui, -apple-system, 'Segoe UI', sans-serif; font-variant-numeric: tabular-nums;
}
body { margin: 0; }
h1, h2, h3, p, dl, dd, ul, ol, table { margin: 0; }
ul, ol { padding: 0; list-style: none; }
a { color: var(--accent); text-underline-offset: 0.15em; text-decoration-thickness: 1px; }
:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; border-radius: 2px; }
h1:focus { outline: none; }
code { font: 0.8125rem ui-monospace, 'SF Mono', Menlo, monospace; overflow-wrap: anywhere; }

.skip { position: absolute; left: -99rem; }
.skip:focus { left: 1rem; top: 0.5rem; background: var(--raised); padding: 0.25rem 0.5rem; z-index: 2; }

header {
  position: sticky; top: 0; z-index: 1; background: var(--paper); border-bottom: 1px solid var(--rule);
  display: flex; align-items: center; gap: 0.25rem 1.5rem; flex-wrap: wrap;
  padding: 0.5rem max(1.5rem, calc((100% - 70rem) / 2));
}
.brand { font-weight: 700; letter-spacing: -0.01em; }
nav ul { display: flex; gap: 0.25rem; }
nav a {
  display: block; padding: 0.375rem 0.625rem; border-radius: 4px; color: var(--soft); text-decoration: none;
}
nav a:hover { color: var(--ink); }
nav a[aria-current] { color: var(--ink); background: var(--faint); font-weight: 600; }
.tools { margin-left: auto; display: flex; align-items: center; gap: 0.5rem; }
.state { font-size: 0.8125rem; color: var(--soft); margin-right: 0.25rem; }
.state::before {
  content: ''; display: inline-block; width: 0.5rem; height: 0.5rem; margin-right: 0.4rem; border-radius: 50%;
  border: 1.5px solid var(--soft);
}
.state[data-state='live']::before { background: var(--good); border-color: var(--good); }
.state[data-state='lost'] { color: var(--warn); }
.state[data-state='lost']::before { border-color: var(--warn); border-radius: 0; }
button {
  font: inherit; font-size: 0.875rem; color: var(--ink); background: var(--raised); cursor: pointer;
  border: 1px solid var(--rule); border-radius: 4px; padding: 0.25rem 0.75rem; min-height: 2rem;
}
button:hover { border-color: var(--soft); }

main { max-width: 73rem; margin: 0 auto; padding: 1.75rem 1.5rem 4rem; }
h1 { font-size: 1.5rem; line-height: 1.25; font-weight: 650; letter-spacing: -0.015em; overflow-wrap: anywhere; }
h2 { font-size: 1.0625rem; line-height: 1.3; font-weight: 650; }
h3 { font-size: 0.9375rem; font-weight: 600; overflow-wrap: anywhere; }
h3 .dim { font-weight: 400; }
section { margin-top: 2.25rem; }
.note { color: var(--soft); font-size: 0.875rem; margin-top: 0.125rem; max-width: 46rem; overflow-wrap: anywhere; }
.note strong { color: var(--ink); }
.dim { color: var(--soft); }
.bad { color: var(--warn); }
.good { color: var(--good); }
.alert { margin-top: 1rem; padding-left: 0.875rem; border-left: 3px solid var(--warn); max-width: 46rem; }
.story { margin-top: 0.5rem; font-size: 1.0625rem; max-width: 46rem; overflow-wrap: anywhere; }

.headline {
  display: grid; grid-template-columns: repeat(auto-fit, minmax(9.5rem, 1fr)); gap: 1.25rem 1.5rem;
  margin-top: 1.25rem; padding: 1.125rem 0; border: solid var(--rule); border-width: 1px 0;
}
.headline dt, .facts dt { font-size: 0.8125rem; color: var(--soft); }
.headline dd { font-size: 1.5rem; line-height: 1.25; font-weight: 600; letter-spacing: -0.01em; }
.headline dd span { display: block; font-size: 0.8125rem; line-height: 1.4; font-weight: 400; color: var(--soft); letter-spacing: 0; }
.facts {
  display: grid; grid-template-columns: repeat(auto-fill, minmax(11rem, 1fr)); gap: 0.875rem 1.5rem;
  margin-top: 1.25rem; padding: 1rem 0; border: solid var(--rule); border-width: 1px 0;
}
.facts dd { overflow-wrap: anywhere; }
.facts .under { display: inline; margin-left: 0.375rem; }

.scroll { overflow-x: auto; margin-top: 0.5rem; }
#content > div > .scroll:first-child { margin-top: 1.25rem; }
table { width: 100%; border-collapse: collapse; }
th, td { padding: 0.4375rem 0 0.4375rem 1.125rem; text-align: right; font-weight: 400; white-space: nowrap; vertical-align: top; }
th:first-child { padding-left: 0; text-align: left; white-space: normal; overflow-wrap: anywhere; min-width: 7rem; }
.text { text-align: left; }
td.text { white-space: normal; overflow-wrap: anywhere; }
thead th { font-size: 0.8125rem; color: var(--soft); }
thead tr { border-bottom: 1px solid var(--rule); }
tbody tr { border-bottom: 1px solid var(--faint); }
tbody th { font-weight: 500; }
.under { display: block; font-size: 0.8125rem; line-height: 1.35; color: var(--soft); font-weight: 400; }
.under.bad { color: var(--warn); }
s { color: var(--soft); }

.mark { white-space: nowrap; }
h3 .mark, .chain .mark { margin-left: 0.625rem; font-size: 0.8125rem; font-weight: 500; }
.mark::before { content: '●'; font-size: 0.6em; vertical-align: 0.2em; margin-right: 0.45em; }
.mark.bad::before { content: '▲'; }
.mark.dim::before { content: '○'; }

svg { display: block; overflow: visible; }
.meter { width: 100%; min-width: 5rem; max-width: 16rem; height: 0.625rem; margin-top: 0.375rem; }
.timeline { width: 100%; height: 0.75rem; margin: 0.375rem 0 0.25rem; }
.bar, .middle { fill: var(--accent); }
.bar-bad { fill: var(--warn); }
.range { fill: var(--pale); }
.track { fill: var(--faint); }
.whisker { stroke: var(--soft); stroke-width: 1.5; }
.tick { stroke: var(--paper); stroke-width: 2; }

.attempts { margin-top: 0.75rem; counter-reset: attempt; }
.attempts > li { padding: 0.75rem 0 0.875rem; border-bottom: 1px solid var(--faint); counter-increment: attempt; }
.attempts h3::before { content: counter(attempt) '. '; color: var(--soft); font-weight: 400; }
.attempts .note { max-width: none; }
.chain { margin-top: 0.625rem; counter-reset: link; }
.chain > li { padding: 0.25rem 0; counter-increment: link; }
.chain > li::before { content: counter(link) '. '; color: var(--soft); }
.chain strong { font-weight: 600; }
.chain ul { padding-left: 1.25rem; font-size: 0.875rem; overflow-wrap: anywhere; }

.login { max-width: 24rem; padding-top: 18vh; }
.login form { display: grid; gap: 0.5rem; margin-top: 1.5rem; }
.login label { font-weight: 600; }
.login input {
  font: inherit; color: inherit; background: var(--raised); width: 100%; padding: 0.5rem 0.625rem;
  border: 1px solid var(--soft); border-radius: 4px;
}
.login button { padding: 0.5rem; margin-top: 0.25rem; background: var(--accent); border-color: var(--accent); color: var(--paper); font-weight: 600; }
.login .bad { min-height: 1.5em; }

@media (max-width: 44rem) {
  header { padding: 0.375rem 1rem; gap: 0 0.75rem; }
  nav { order: 3; width: calc(100% + 2rem); margin: 0 -1rem; overflow-x: auto; }
  nav ul { padding: 0 0.5rem; gap: 0; }
  nav a { padding: 0.5rem 0.5rem; min-height: 2.5rem; white-space: nowrap; }
  main { padding: 1.25rem 1rem 3rem; }
  .wide { display: none; }
  th, td { padding-left: 0.75rem; font-size: 0.875rem; }
  th:first-child { min-width: 5rem; }
  .headline { grid-template-columns: 1fr 1fr; }
  .headline dd { font-size: 1.25rem; }
  .facts { grid-template-columns: 1fr 1fr; }
  .meter { min-width: 3.5rem; }
}
@media (forced-colors: active) {
  .bar, .middle { fill: Highlight; }
  .range, .track { fill: GrayText; }
}
`;
