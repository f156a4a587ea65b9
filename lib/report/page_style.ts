/**
 * The look of the pages.
 *
 * @module
 */
import { CELL_STYLE } from "./cells.ts";
import { FIGURE_TEXT_STYLE } from "./pen.ts";
import { themeVariables } from "./theme.ts";
import { FONT_FAMILY } from "./typeface/typeface.ts";

// A box that scrolls fades at its right edge as long as there is more to see.
const RULES = `
*{box-sizing:border-box}
html{font:16px/1.55 Charter,"Bitstream Charter","Source Serif 4",Georgia,"Liberation Serif","Times New Roman",serif;background:var(--paper);color:var(--ink);-webkit-text-size-adjust:100%}
body{margin:0;font-size:1.08rem}
code{font:.88em/1 "SF Mono",Menlo,Consolas,"Liberation Mono","DejaVu Sans Mono",monospace}
main{max-width:768px;margin:0 auto;padding:3rem 24px 5rem}
h1,h2,th,nav,button,.part,.files,.tally,.verdict,.detail,summary,.config,.formulas dt,table{font-family:${FONT_FAMILY}}
h1,h2{font-weight:600}
h1{font-size:2rem;line-height:1.2;letter-spacing:-.015em;margin:0 0 1rem;text-wrap:balance}
h2{font-size:1.3rem;line-height:1.3;margin:0 0 .6rem;text-wrap:balance}
section{margin:3.5rem 0 0;scroll-margin-top:1rem}
p{margin:0 0 1rem}
.lead{font-size:1.12rem}
.answer{font-size:1.12rem;border-left:3px solid var(--link);padding-left:.9rem}
.paper,.method,figcaption,.notes{color:var(--muted)}
.paper{font-size:.92rem}
.part{font-size:.72rem;letter-spacing:.08em;text-transform:uppercase;color:var(--muted);margin:0 0 .2rem}
a{color:var(--link);text-decoration-thickness:1px;text-underline-offset:.15em}
a:focus-visible,button:focus-visible,summary:focus-visible,svg:focus-visible{outline:2px solid var(--link);outline-offset:3px}
.notice{border-left:4px solid var(--open);background:var(--shade);padding:.7rem 1rem;font-size:.95rem}
nav{font-size:.88rem;margin:1.8rem 0 0;border-top:1px solid var(--rule);padding-top:1rem}
nav.site{border:0;margin:-1.6rem 0 2rem;padding:0;display:flex;gap:1.4rem}
nav.site [aria-current]{font-weight:600}
nav ol{list-style:none;margin:0;padding:0}
nav a{text-decoration:none}
nav a:hover{text-decoration:underline}
figure{margin:1.4rem 0}
figcaption{font-size:.98rem;line-height:1.5;margin-top:.6rem}
.scroll{overflow-x:auto;animation:more linear;animation-timeline:scroll(self x)}
@keyframes more{0%,90%{mask-image:linear-gradient(90deg,#000 calc(100% - 48px),#0002)}100%{mask-image:none}}
.drawing svg{display:block;max-width:100%;height:auto;font-family:${FONT_FAMILY};font-variant:tabular-nums}
.narrow{display:none}
.key text[class*=" s-"]{cursor:pointer}
.off{opacity:.12}
${FIGURE_TEXT_STYLE}${CELL_STYLE}
.drawing [data-mark=line]{stroke-linecap:round;stroke-linejoin:round}
.files{font-size:.78rem;white-space:nowrap}
.hidden{position:absolute;clip-path:inset(50%);width:1px;height:1px;overflow:hidden;white-space:nowrap}
table{border-collapse:collapse;font-size:.86rem;line-height:1.4;border-top:2px solid var(--ink);border-bottom:2px solid var(--ink)}
caption{text-align:left;color:var(--muted);font-size:.88rem;padding-bottom:.5rem}
th,td{text-align:left;vertical-align:baseline;padding:.3rem .9rem .3rem 0}
th{font-weight:600}
thead th{font-weight:600;border-bottom:1px solid var(--rule);vertical-align:bottom}
.table td:not(.n),.table tbody th{min-width:5.5rem}
.n{text-align:right;white-space:nowrap;font-variant-numeric:tabular-nums}
td i{font-style:normal;color:var(--muted);font-size:.9em}
.tally{font-weight:600}
.headline,.claims{list-style:none;margin:1.2rem 0;padding:0}
.headline{font-size:.98rem}
.headline li,.claims li{display:grid;grid-template-columns:8.2rem minmax(0,1fr);gap:0 .6rem;align-items:baseline;padding:.4rem 0}
.claims li{padding:.55rem 0;font-size:.96rem;scroll-margin-top:1rem}
.headline li+li,.claims li+li{border-top:1px solid var(--grid)}
.headline a{text-decoration:none}.headline a:hover{text-decoration:underline}
.claims .statement{font-weight:600}
.ours{white-space:nowrap}
:target{background:var(--shade)}
.all{width:100%;margin-bottom:1rem}
.all td,.all th{vertical-align:top;padding:.5rem .9rem .5rem 0}
.all tbody th{min-width:16rem}.all td:nth-child(3){min-width:9rem}
.all tbody tr+tr>*{border-top:1px solid var(--grid)}
.sort{all:unset;cursor:pointer}.sort::after{content:" \\2195";color:var(--muted)}
[aria-sort=ascending] .sort::after{content:" \\2191"}[aria-sort=descending] .sort::after{content:" \\2193"}
.find{display:block;margin:.4rem 0 1rem;font:.88rem ${FONT_FAMILY}}
.find input{font:inherit;width:min(24rem,100%);padding:.3rem .5rem;background:var(--paper);color:var(--ink);border:1px solid var(--rule);border-radius:4px}
dfn{font-style:inherit;text-decoration:underline dotted var(--muted);cursor:help}
pre{font:.8rem/1.45 "SF Mono",Menlo,Consolas,"Liberation Mono","DejaVu Sans Mono",monospace;white-space:pre-wrap;overflow-wrap:anywhere;background:var(--shade);padding:.8rem 1rem}
.anchor{text-decoration:none;color:var(--muted);font-weight:400;padding:0 .2em}
.origin{display:block;color:var(--muted);font-size:.82rem;overflow-wrap:anywhere}
.above{color:var(--muted)}
.detail{display:block;color:var(--muted);font-weight:400;font-size:.88em}
a.detail{color:var(--link)}
.rule,.figure{font-variant-numeric:tabular-nums}
.verdict{display:inline-flex;align-items:baseline;gap:.4em;font-weight:600;white-space:nowrap}
.verdict svg{width:1em;height:1em;flex:none;align-self:center}
.verdict.holds{color:var(--holds)}.verdict.fails{color:var(--fails)}.verdict.inconclusive{color:var(--open)}.verdict.not-run,.verdict.ours{color:var(--muted)}
summary{cursor:pointer;font-size:.85rem;color:var(--muted);margin-bottom:.5rem}
details.table{margin:1rem 0}
.texts{margin:1rem 0}.texts .label{font-size:.85rem;color:var(--muted);margin:0 0 .4rem}
.texts summary{color:var(--ink);font-style:italic;padding:.3rem 0;margin:0;border-top:1px solid var(--grid)}
.texts dl{display:grid;grid-template-columns:minmax(8rem,max-content) minmax(0,1fr);gap:.35rem 1rem;font-size:.9rem;margin:.3rem 0 1rem}
.texts dt{color:var(--muted)}.texts dd{margin:0;overflow-wrap:anywhere;white-space:pre-line}
.notes{font-size:.92rem;padding-left:1.1rem}
.formulas{margin:0}.formulas dt{font-size:.85rem;color:var(--muted)}.formulas dd{margin:0 0 .8rem;overflow-x:auto;overflow-y:hidden}
.formulas .katex-display{margin:.4rem 0 .4rem 1.5rem;text-align:left}.formulas .katex-display>.katex{text-align:left}
.config{display:grid;grid-template-columns:max-content minmax(0,1fr);gap:.15rem 1.2rem;font-size:.85rem;margin:0}
.config dt{color:var(--muted);overflow-wrap:anywhere;max-width:26rem}.config dd{margin:0;overflow-wrap:anywhere}.config .config{margin:.2rem 0 .4rem}.config summary{margin:0}
.theme{position:absolute;top:1rem;right:1rem;font-size:.8rem;background:none;color:var(--muted);border:1px solid var(--rule);border-radius:4px;padding:.25rem .6rem;cursor:pointer}
.tip{position:fixed;z-index:2;pointer-events:none;white-space:pre-line;max-width:280px;background:var(--paper);color:var(--ink);border:1px solid var(--rule);border-radius:4px;box-shadow:0 2px 10px rgb(0 0 0/.18);padding:.35rem .6rem;font:13px/1.45 ${FONT_FAMILY};font-variant-numeric:tabular-nums}
.tip.numbers::first-line{font-weight:600}.tip:has(math){max-width:none}
.marks .at{stroke:var(--ink)!important;stroke-width:2!important}
@media (max-width:640px){
main{padding:3rem 16px 4rem}
h1{font-size:1.6rem}
.headline li,.claims li{grid-template-columns:minmax(0,1fr)}
.ours{white-space:normal}
.config,.texts dl{grid-template-columns:minmax(0,1fr)}.config dd,.texts dd{margin-bottom:.4rem}
}
@media screen and (max-width:600px){
.wide{display:none}.narrow{display:block}
.narrow svg{width:100%;max-width:27rem}
}
@media (min-width:1280px){
main{margin-left:max(18rem,calc(50% - 384px))}
.contents{position:fixed;left:max(1.2rem,calc(50% - 384px - 17rem));top:2.5rem;width:14.5rem;max-height:calc(100vh - 5rem);overflow-y:auto;margin:0;padding:0;border:0;font-size:.8rem;line-height:1.35}
.contents li{margin:0 0 .5rem}
}
@page{margin:18mm}
@media print{
html{font-size:10.5pt}
main{max-width:none;padding:0}
.theme,.tip,nav{display:none!important}
figure,tr,.formulas dd{break-inside:avoid}
h2,.part,.method{break-after:avoid}
.scroll{overflow:visible;animation:none}
a{color:inherit}
details::details-content{content-visibility:visible;block-size:auto}
}
`;

/**
 * The style sheet of every page, with the colours of all methods registered so far for light and dark.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * assert.match(pageStyle(), /--m-dr-cpo:#/);
 * ```
 */
export function pageStyle(): string {
  const dark = themeVariables("dark");
  return `:root{color-scheme:light;${themeVariables("light")}}` +
    `@media screen and (prefers-color-scheme:dark){:root:not([data-theme=light]){color-scheme:dark;${dark}}}` +
    `@media screen{:root[data-theme=dark]{color-scheme:dark;${dark}}}${RULES}`;
}
