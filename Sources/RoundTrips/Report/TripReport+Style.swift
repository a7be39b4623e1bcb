extension TripReport {
    /// Of the page: in light and in dark as the reader's system is, on paper always in light.
    static let style = """

        :root { color-scheme: light dark; --ink: #1c2330; --paper: #fff; --faint: #5b6472; --line: #d5dae2;
          --k0: #1d6fb8; --k1: #b35900; --k2: #a3216b; --bad: #b3261e; --rest: #6b7280; }
        @media (prefers-color-scheme: dark) { :root { --ink: #e6e9ef; --paper: #14181f; --faint: #9aa4b2; --line: #333b48;
          --k0: #6db3f2; --k1: #f0a050; --k2: #ee82b8; --bad: #f2807a; --rest: #8b94a3; } }
        @media print { :root { color-scheme: light; --ink: #000; --paper: #fff; --faint: #444; --line: #bbb;
          --k0: #1d6fb8; --k1: #b35900; --k2: #a3216b; --bad: #b3261e; --rest: #6b7280; } } }
        @page { margin: 15mm; }
        body { font: 15px/1.5 system-ui, sans-serif; color: var(--ink); background: var(--paper); margin: 2em auto;
          padding: 0 1em; max-width: 60em; print-color-adjust: exact; -webkit-print-color-adjust: exact; }
        h1 { font-size: 1.6em; margin: 0; } h2 { font-size: 1.2em; margin: 2em 0 0; overflow-wrap: anywhere; }
        .to, footer, figcaption { color: var(--faint); } .to { margin: 0; overflow-wrap: anywhere; }
        footer { margin-top: 2em; font-size: .85em; }
        .scroll { overflow-x: auto; } table { border-collapse: collapse; margin: 1em 0; font-size: .9em; }
        th, td { text-align: left; padding: .25em .8em .25em 0; border-bottom: 1px solid var(--line); vertical-align: top;
          overflow-wrap: break-word; } th { color: var(--faint); font-weight: 600; white-space: nowrap; }
        td { max-width: 30em; } td .to { overflow-wrap: break-word; } .stages td:first-child { min-width: 10em; }
        a { color: inherit; text-decoration-color: var(--faint); }
        .n { text-align: right; } .n, .t { white-space: nowrap; font-variant-numeric: tabular-nums; }
        th:last-child, td:last-child { padding-right: 0; }
        figure { margin: 1em 0; } figcaption { font-size: .9em; } svg { width: 100%; height: auto; display: block; }
        .chart { min-width: 36em; }
        svg text { font: 11px system-ui, sans-serif; fill: var(--faint); } svg .y { text-anchor: end; dominant-baseline: middle; }
        .grid { stroke: var(--line); stroke-width: 1; } polyline { fill: none; stroke-width: 1.6; stroke-linejoin: round; }
        polyline.k0 { stroke: var(--k0); } polyline.k1 { stroke: var(--k1); stroke-dasharray: 6 3; }
        polyline.k2 { stroke: var(--k2); stroke-dasharray: 2 3; }
        circle.k0 { fill: var(--k0); } circle.k1 { fill: var(--k1); } circle.k2 { fill: var(--k2); }
        .key { margin: 0 .4em; border-bottom: 3px solid; } .key.k0 { border-color: var(--k0); }
        .key.k1 { border-color: var(--k1); border-bottom-style: dashed; }
        .key.k2 { border-color: var(--k2); border-bottom-style: dotted; }
        .bar { height: 14px; } rect.f-inbox { fill: var(--k0); } rect.f-junk { fill: var(--bad); } rect.f-other { fill: var(--rest); }
        rect.bad { fill: var(--bad); opacity: .22; } rect.late { fill: var(--k1); opacity: .22; } .key.bad { border-color: var(--bad); }
        .key.f-inbox { border-color: var(--k0); } .key.f-junk { border-color: var(--bad); } .key.f-other { border-color: var(--rest); }
        @media print {
          body { font-size: 12px; max-width: none; margin: 0; padding: 0; } .scroll { overflow: visible; }
          figure, tr, .stages { break-inside: avoid; } h2, .to { break-after: avoid; } a { text-decoration: none; }
          td { overflow-wrap: anywhere; } .chart { min-width: 0; }
        }

        """
}
