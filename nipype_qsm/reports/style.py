"""The style sheet of a report: light and dark, screen and paper."""

STYLE = """
:root { color-scheme: light dark;
  --paper: #fbfbf9; --card: #ffffff; --ink: #1d2126; --quiet: #5c6570; --line: #dfe2e6; --accent: #1f6f8b;
  --good: #1d7a46; --good-back: #e7f4ec; --look: #9a4a00; --look-back: #fdf0e1; --bar: #6ea8bd; --mark: #b3261e; }
@media (prefers-color-scheme: dark) { :root {
  --paper: #14171a; --card: #1c2024; --ink: #e8eaed; --quiet: #a3abb4; --line: #343a41; --accent: #7cc4dd;
  --good: #7fd6a2; --good-back: #16301f; --look: #ffb96b; --look-back: #38260f; --bar: #4b8299; --mark: #ff8a80; } }
* { box-sizing: border-box; }
html { scroll-behavior: smooth; scroll-padding-top: 3.5rem; }
@media (prefers-reduced-motion: reduce) { html { scroll-behavior: auto; } }
body { margin: 0; background: var(--paper); color: var(--ink); line-height: 1.5;
  font: 16px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", "DejaVu Sans", sans-serif; }
header, main, footer { max-width: 1120px; margin: 0 auto; padding: 0 1.25rem; }
header { padding-top: 1.75rem; padding-bottom: .3rem; }
h1 { font-size: 1.65rem; line-height: 1.2; margin: 0 0 .25rem; letter-spacing: -.01em; overflow-wrap: anywhere; }
h2 { font-size: 1.25rem; margin: 2.6rem 0 .6rem; padding-top: .9rem; border-top: 1px solid var(--line); }
h3 { font-size: 1.02rem; margin: 1.8rem 0 .3rem; }
p { margin: .35rem 0 .7rem; max-width: 46rem; overflow-wrap: anywhere; }
a { color: var(--accent); }
a:focus-visible, summary:focus-visible, [tabindex]:focus-visible { outline: 3px solid var(--accent);
  outline-offset: 2px; border-radius: 4px; }
.skip { position: absolute; left: -99rem; } .skip:focus { left: 1rem; top: .5rem; background: var(--card); z-index: 3; }
.quiet { color: var(--quiet); } .small { font-size: .875rem; }
nav { position: sticky; top: 0; z-index: 2; background: var(--paper); border-bottom: 1px solid var(--line); }
nav ul { max-width: 1120px; margin: 0 auto; padding: .55rem 1.25rem; list-style: none; display: flex; flex-wrap: wrap;
  gap: .2rem 1.1rem; font-size: .9rem; }
nav a { text-decoration: none; } nav a:hover { text-decoration: underline; }
.verdict { border-radius: 10px; padding: .8rem 1.1rem; margin: 1.1rem 0; border: 1px solid currentColor; }
.verdict strong { font-size: 1.12rem; } .verdict ul { margin: .4rem 0 0; padding-left: 1.2rem; }
.verdict li { overflow-wrap: anywhere; }
.verdict p { margin-bottom: .1rem; }
.verdict > * { max-width: none; } .verdict li, .verdict p { color: var(--ink); }
.verdict.good { color: var(--good); background: var(--good-back); }
.verdict.look { color: var(--look); background: var(--look-back); }
.glance { display: grid; grid-template-columns: minmax(0, 7fr) minmax(0, 5fr); gap: 1.5rem; align-items: start; }
.pair { display: grid; grid-template-columns: minmax(0, 1fr) minmax(0, 1fr); gap: 1.5rem; align-items: start; }
figure { margin: .5rem 0 1.2rem; } figure img { width: 100%; height: auto; display: block; background: #000;
  border-radius: 6px; }
figure.plate img { background: #fff; border: 1px solid var(--line); padding: .4rem; }
.trio { display: grid; grid-template-columns: repeat(3, minmax(0, 1fr)); gap: 1.2rem; align-items: start; }
@media (max-width: 820px) { .glance, .pair, .trio { grid-template-columns: minmax(0, 1fr); }
  .wide td:last-child:not(.number, .state) { min-width: 13em; } }
pre { overflow-x: auto; background: var(--card); border: 1px solid var(--line); border-radius: 6px;
  padding: .6rem .8rem; font-size: .8rem; line-height: 1.45; }
figcaption { font-size: .875rem; color: var(--quiet); margin-top: .4rem; max-width: 60rem; }
.scale { display: flex; align-items: center; gap: .6rem; font-size: .85rem; font-variant-numeric: tabular-nums;
  margin-top: .45rem; color: var(--ink); }
.scale i { display: block; height: .7rem; width: 11rem; border: 1px solid var(--line); border-radius: 3px;
  -webkit-print-color-adjust: exact; print-color-adjust: exact; }
.legend { display: flex; flex-wrap: wrap; gap: .25rem 1.1rem; font-size: .875rem; margin: .45rem 0 0; padding: 0;
  list-style: none; color: var(--ink); }
i.key { display: inline-block; width: 1.3rem; height: .75rem; border-radius: 2px; margin-right: .4rem;
  vertical-align: -.05em; background: #111; -webkit-print-color-adjust: exact; print-color-adjust: exact; }
.wide { overflow-x: auto; }
table { border-collapse: collapse; font-size: .92rem; margin: .4rem 0 1rem; width: 100%; }
caption { text-align: left; font-weight: 600; padding: .2rem 0 .35rem; }
th, td { text-align: left; padding: .36rem .7rem .36rem 0; border-bottom: 1px solid var(--line); vertical-align: top;
  overflow-wrap: break-word; }
table.facts { max-width: 44rem; }
thead th { color: var(--quiet); font-weight: 600; font-size: .84rem; }
tbody th { font-weight: 500; }
.key-name { white-space: nowrap; }
main > section:first-of-type h2 { border-top: 0; margin-top: .6rem; }
td.number, th.number { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
.state { font-weight: 600; white-space: nowrap; } .state.good { color: var(--good); }
.state.look { color: var(--look); }
.meter { display: block; background: var(--line); border-radius: 3px; min-width: 6rem; }
.meter b { display: block; height: .65rem; border-radius: 3px; background: var(--bar); }
svg.chart { width: 100%; height: auto; display: block; font-size: 13px; }
svg.chart text { fill: var(--quiet); } svg.chart text.name { fill: var(--ink); }
svg.chart text.number { fill: var(--ink); font-size: 11px; }
svg.chart .bar { fill: var(--bar); } svg.chart .axis { stroke: var(--quiet); stroke-width: 1; }
svg.chart .grid { stroke: var(--line); stroke-width: 1; } svg.chart .mark { stroke: var(--mark); stroke-width: 1.6; }
svg.chart .line { stroke: var(--quiet); stroke-dasharray: 5 4; } svg.chart .dot { fill: var(--accent); }
svg.chart .usual { fill: var(--line); } svg.chart .dot.beyond { fill: var(--mark); }
.stack { position: relative; } .stack svg.over { position: absolute; inset: 0; width: 100%; height: 100%; }
.switch { accent-color: var(--accent); } .switch + label { font-size: .9rem; margin-left: .35rem; cursor: pointer; }
.switch:not(:checked) ~ .stack .over { display: none; }
.wipe { position: relative; container-type: inline-size; }
.wipe .curtain { position: absolute; inset: 0 auto 0 0; width: 50%; max-width: 100%; overflow: hidden;
  resize: horizontal; border-right: 3px solid var(--accent); }
.wipe .curtain img { width: 100cqw; max-width: none; }
details { margin: .6rem 0; } summary { cursor: pointer; color: var(--accent); }
ol.references li { margin-bottom: .4rem; max-width: 46rem; }
footer { padding: 2rem 1.25rem 3rem; color: var(--quiet); font-size: .875rem; }
@media print { :root { --paper: #fff; --card: #fff; --ink: #000; --quiet: #444; --line: #ccc; --accent: #135;
    --good: #1d7a46; --good-back: #fff; --look: #9a4a00; --look-back: #fff; --bar: #6ea8bd; --mark: #b3261e; }
  nav, .skip { display: none; } body { font-size: 10.5pt; } header, main, footer { max-width: none; padding: 0; }
  h2, h3 { break-after: avoid; } figure, table, .verdict { break-inside: avoid; } h2 { margin-top: 1.4rem; }
  .glance { grid-template-columns: minmax(0, 7fr) minmax(0, 5fr); } }
"""
