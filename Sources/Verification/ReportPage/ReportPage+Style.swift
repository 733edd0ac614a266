extension ReportPage {
  /// The page's style sheet: system fonts, light and dark, pictures on light cards.
  static let style = """

    :root {
      color-scheme: light dark;
      --ground: #fcfcfa; --text: #1d2226; --quiet: #5b646b; --line: #dcdfe1; --link: #0b5cad;
      --good: #e3f1e8; --good-text: #17522f; --bad: #fbe3dc; --bad-text: #8a2008; --row: #f3f4f2;
    }
    @media (prefers-color-scheme: dark) {
      :root {
        --ground: #15181b; --text: #e3e6e8; --quiet: #9aa4ab; --line: #343a3f; --link: #7db8f2;
        --good: #173523; --good-text: #b5e3c6; --bad: #47190f; --bad-text: #ffc4b3; --row: #1c2024;
      }
    }
    * { box-sizing: border-box; }
    html { -webkit-text-size-adjust: 100%; scroll-behavior: smooth; }
    body {
      margin: 0 auto; max-width: 62rem; padding: 2.5rem 1.25rem 5rem;
      background: var(--ground); color: var(--text);
      font: 1.0625rem/1.6 system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue",
        "Noto Sans", sans-serif;
    }
    p, dl, ul, nav { max-width: 44rem; }
    h1 { font-size: 2.1rem; line-height: 1.15; letter-spacing: -0.015em; margin: 0 0 1rem; }
    h2 {
      font-size: 1.45rem; line-height: 1.25; margin: 3.5rem 0 0.75rem; padding-top: 1rem;
      border-top: 1px solid var(--line);
    }
    h3 { font-size: 1.1rem; margin: 2rem 0 0.5rem; }
    a { color: var(--link); }
    nav ol { padding-left: 1.4rem; }
    li { margin: 0.35rem 0; }
    .formulas {
      display: grid; grid-template-columns: max-content 1fr; gap: 0.35rem 1.75rem;
      margin: 1.25rem 0; padding-left: 1rem; border-left: 3px solid var(--line);
    }
    .formulas dt {
      font: 1.15rem/1.6 "Iowan Old Style", Palatino, Cambria, "Noto Serif", Georgia, serif;
    }
    .formulas dd { margin: 0; color: var(--quiet); align-self: center; }
    .laws dt { margin-top: 0.9rem; }
    .laws dd { margin-left: 1.25rem; }
    .formula {
      font-family: ui-monospace, "SF Mono", Menlo, Consolas, monospace; font-size: 0.875rem;
      overflow-wrap: anywhere;
    }
    code { font-size: 0.9em; overflow-wrap: anywhere; }
    .note { color: var(--quiet); font-size: 0.9rem; overflow-wrap: anywhere; }
    .verdict { padding: 0.8rem 1rem; border-radius: 0.5rem; font-weight: 600; }
    .holds { background: var(--good); color: var(--good-text); }
    .fails { background: var(--bad); color: var(--bad-text); }
    pre { overflow-x: auto; padding: 1rem; border-radius: 0.5rem; font-size: 0.85rem; }
    .scrolling { overflow-x: auto; margin: 1.25rem 0; }
    table { border-collapse: collapse; font-size: 0.875rem; line-height: 1.4; }
    caption { text-align: left; color: var(--quiet); padding-bottom: 0.5rem; }
    caption span {
      position: sticky; left: 0; display: inline-block;
      max-width: min(44rem, calc(100vw - 2.5rem));
    }
    th, td {
      padding: 0.28rem 0.75rem 0.28rem 0; text-align: left; vertical-align: baseline;
      white-space: nowrap; font-variant-numeric: tabular-nums;
    }
    th { font-weight: 600; }
    tbody th { font-weight: 500; }
    thead th, thead td { border-bottom: 1px solid var(--line); }
    tbody tr:nth-child(even) { background: var(--row); }
    .number, th.number { text-align: right; }
    .heat { border-collapse: separate; border-spacing: 2px; }
    .heat tbody tr { background: none; }
    .heat th { padding-right: 1rem; }
    .heat thead th:not(:first-child), .heat td {
      min-width: 4.2rem; padding: 0.25rem 0.5rem; text-align: center; border: 0;
    }
    .level0 { background: #fdf3d7; color: #1d2226; }
    .level1 { background: #dcecc8; color: #1d2226; }
    .level2 { background: #a5d3c4; color: #1d2226; }
    .level3 { background: #62aecb; color: #10171c; }
    .level4 { background: #2c7fb8; color: #ffffff; }
    .level5 { background: #174a86; color: #ffffff; }
    figure { margin: 1.5rem 0; }
    figcaption { color: var(--quiet); font-size: 0.9rem; margin-top: 0.5rem; max-width: 44rem; }
    .pictures {
      display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 24rem), 1fr));
      gap: 1rem;
    }
    img {
      display: block; width: 100%; max-width: 34rem; height: auto; background: #ffffff;
      border: 1px solid var(--line); border-radius: 0.5rem;
    }
    .wide { min-width: 56rem; }
    .wide img { max-width: none; }
    details {
      margin: 1.25rem 0; border-top: 1px solid var(--line); border-bottom: 1px solid var(--line);
      padding: 0.6rem 0;
    }
    summary { cursor: pointer; color: var(--link); }
    @media (max-width: 36rem) {
      body { padding-top: 1.5rem; font-size: 1rem; }
      h1 { font-size: 1.7rem; }
      .formulas { grid-template-columns: 1fr; gap: 0; }
      .formulas dd { margin-bottom: 0.6rem; font-size: 0.9rem; }
    }
    @media print { details > * { display: block; } .scrolling { overflow: visible; } }

    """
}
