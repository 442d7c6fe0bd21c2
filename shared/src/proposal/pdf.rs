//! The proposal as a PDF.

use krilla::{Document as Pdf, metadata::Metadata};

use super::{Offered, Proposal, Row};
use crate::pdf::{
    PdfError,
    face::has,
    sheet::{ACCENT, Column, GREY, INK, Sheet, Style, WIDTH},
};

const KIND: Style = Style { size: 9.0, line: 14.0, bold: true, colour: ACCENT };
const TITLE: Style = Style { size: 22.0, line: 29.0, bold: true, colour: INK };
const HEADING: Style = Style { size: 13.0, line: 19.0, bold: true, colour: INK };
const STRONG: Style = Style { size: 10.5, line: 15.5, bold: true, colour: INK };
const TEXT: Style = Style { size: 10.5, line: 15.5, bold: false, colour: INK };
const LABEL: Style = Style { colour: GREY, ..TEXT };
const SMALL: Style = Style { size: 9.5, line: 14.0, bold: false, colour: GREY };
/// Where what belongs to a label begins.
const FACTS: f32 = 90.0;
const INDENT: f32 = 14.0;
const NUMBERS: f32 = 22.0;
const DAYS: f32 = 250.0;

/// Whether the fonts have the letters of all that is in it. A sign that they lack is left out, a letter never.
pub fn can_draw(proposal: &Proposal) -> bool {
    let Proposal { title, guest, owner, problem, approach, services, currency, assumptions, sources, .. } =
        proposal;
    let names = [&guest.name, &guest.company].into_iter().flatten();
    let offered = services.iter().flat_map(|Offered { name, includes, .. }| includes.iter().chain([name]));
    let said = problem.iter().map(|point| &point.text).chain(sources.iter().map(|source| &source.quote));
    let lines =
        [title, &owner.name, &owner.title, currency].into_iter().chain(names).chain(offered).chain(said);
    lines.chain(approach).chain(assumptions).all(|line| has(line))
}

pub fn pdf(proposal: &Proposal) -> Result<Vec<u8>, PdfError> {
    let mut sheet = Sheet::new()?;
    head(&mut sheet, proposal);
    heading(&mut sheet, "What you need");
    for point in &proposal.problem {
        let numbers: Vec<String> = point.sources.iter().map(|number| format!("[{number}]")).collect();
        sheet.text(&format!("{} {}", point.text, numbers.join(" ")), TEXT, 0.0);
        sheet.gap(5.0);
    }
    heading(&mut sheet, "What I would do");
    for text in &proposal.approach {
        sheet.text(text, TEXT, 0.0);
        sheet.gap(5.0);
    }
    heading(&mut sheet, "Scope");
    for Offered { name, includes, .. } in &proposal.services {
        sheet.keep(STRONG.line + TEXT.line);
        sheet.text(name, STRONG, 0.0);
        for line in includes {
            listed(&mut sheet, "•", line, TEXT, INDENT);
        }
        sheet.gap(5.0);
    }
    prices(&mut sheet, proposal);
    if !proposal.assumptions.is_empty() {
        heading(&mut sheet, "Assumptions");
        for line in &proposal.assumptions {
            listed(&mut sheet, "•", line, TEXT, INDENT);
        }
    }
    if !proposal.sources.is_empty() {
        heading(&mut sheet, "What this rests on");
        sheet.text(&proposal.heard(), SMALL, 0.0);
        sheet.gap(3.0);
        for (at, source) in proposal.sources.iter().enumerate() {
            let line = format!("“{}” ({})", source.quote, source.at());
            listed(&mut sheet, &format!("[{}]", at + 1), &line, SMALL, NUMBERS);
        }
    }
    sheet.gap(18.0);
    sheet.keep(3.0 * SMALL.line);
    sheet.text(&proposal.drafted_by(), SMALL, 0.0);
    let mut document = Pdf::new();
    document.set_metadata(
        Metadata::new()
            .title(format!("Proposal: {}", proposal.title))
            .authors(vec![proposal.owner.name.clone()])
            .language("en".to_owned()),
    );
    sheet
        .print(&mut document, &format!("{} · Proposal of {}", proposal.owner.name, proposal.written_on()))?;
    document.finish().map_err(|error| PdfError::Written(format!("{error:?}")))
}

fn head(sheet: &mut Sheet, proposal: &Proposal) {
    sheet.text("PROPOSAL", KIND, 0.0);
    sheet.text(&proposal.title, TITLE, 0.0);
    sheet.gap(10.0);
    sheet.rule();
    sheet.gap(8.0);
    let by = format!("{}, {}", proposal.owner.name, proposal.owner.title);
    let facts = [
        ("For", proposal.guest.whom()),
        ("By", Some(by)),
        ("Date", Some(proposal.written_on())),
        ("Valid until", Some(proposal.holds_until())),
    ];
    for (label, value) in facts {
        let Some(value) = value else { continue };
        sheet.row(&[Column::at(0.0, label, LABEL), Column::wrapped(FACTS, WIDTH, &value, TEXT)]);
    }
    sheet.gap(8.0);
    sheet.rule();
}

fn heading(sheet: &mut Sheet, text: &str) {
    sheet.gap(15.0);
    sheet.keep(HEADING.line + 2.0 * TEXT.line);
    sheet.text(text, HEADING, 0.0);
    sheet.gap(3.0);
}

fn listed(sheet: &mut Sheet, mark: &str, line: &str, style: Style, indent: f32) {
    sheet.row(&[
        Column::at(0.0, mark, Style { colour: GREY, ..style }),
        Column::wrapped(indent, WIDTH, line, style),
    ]);
    sheet.gap(2.0);
}

fn prices(sheet: &mut Sheet, proposal: &Proposal) {
    heading(sheet, "Time and price");
    let rows = proposal.rows();
    let line = |sheet: &mut Sheet, Row { what, days, price }: &Row, style: Style| {
        sheet.row(&[
            Column::wrapped(0.0, DAYS - INDENT, what, style),
            Column::at(DAYS, days, style),
            Column::to(WIDTH, price, style),
        ]);
        sheet.gap(4.0);
        sheet.rule();
        sheet.gap(4.0);
    };
    let head = Row { what: "Service".into(), days: "Working days".into(), price: "Price".into() };
    line(sheet, &head, LABEL);
    for row in &rows {
        line(sheet, row, TEXT);
    }
    if let Some(sum) = proposal.sum() {
        line(sheet, &sum, STRONG);
    }
    sheet.text(&proposal.starts(), TEXT, 0.0);
}
