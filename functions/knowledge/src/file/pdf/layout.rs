//! From glyphs to lines in reading order: rows by baseline, columns by the gutters between them.

use std::collections::{BTreeMap, BTreeSet};

use super::glyphs::Glyph;
use crate::file::resume::dates;
use crate::file::resume::{BULLETS, Line};
use crate::file::visible::visible_line;

/// Text on one baseline without a wide gap, and a row of them.
#[derive(Debug, Clone)]
struct Run {
    text: String,
    start: f64,
    end: f64,
    baseline: f64,
    size: f64,
}
type Row = Vec<Run>;

/// A line of one column.
struct Placed {
    line: Line,
    size: f64,
    start: f64,
    /// Where an item's own text starts, right of its bullet.
    text_start: f64,
    baseline: f64,
}

/// The lines of all pages. The level of a heading comes from its size among the sizes above that of most text.
pub fn lines(pages: Vec<Vec<Glyph>>) -> Vec<Line> {
    let pages: Vec<Vec<Row>> = without_running_heads(pages.into_iter().map(rows).collect());
    let mut placed = Vec::new();
    for (index, page) in pages.into_iter().enumerate() {
        for column in columns(page, true) {
            placed.extend(lines_of_column(column, index + 1));
        }
    }
    let levels = levels(&placed);
    let with_level = |placed: Placed| Line {
        level: levels.get(&rounded(placed.size)).copied().filter(|_| !placed.line.item),
        ..placed.line
    };
    placed.into_iter().map(with_level).collect()
}

fn rows(mut glyphs: Vec<Glyph>) -> Vec<Row> {
    glyphs.sort_by(|one, other| one.baseline.total_cmp(&other.baseline));
    let mut rows: Vec<Vec<Glyph>> = Vec::new();
    for glyph in glyphs {
        let same = |row: &Vec<Glyph>| {
            row.last().is_some_and(|last| glyph.baseline - last.baseline < 0.3 * glyph.size.min(last.size))
        };
        match rows.last_mut().filter(|row| same(row)) {
            Some(row) => row.push(glyph),
            None => rows.push(vec![glyph]),
        }
    }
    rows.into_iter().map(runs).filter(|row| !row.is_empty()).collect()
}

fn runs(mut glyphs: Vec<Glyph>) -> Row {
    glyphs.sort_by(|one, other| one.start.total_cmp(&other.start));
    // Outlined text, and bold by printing twice.
    glyphs.dedup_by(|next, one| next.text == one.text && next.start - one.start < 0.1 * one.size);
    let mut runs: Row = Vec::new();
    for glyph in glyphs.into_iter().filter(|glyph| !glyph.text.trim().is_empty()) {
        let gap = runs.last().map_or(f64::INFINITY, |run| glyph.start - run.end);
        let Some(run) = runs.last_mut().filter(|_| gap < 1.2 * glyph.size) else {
            let Glyph { text, start, end, baseline, size } = glyph;
            runs.push(Run { text, start, end, baseline, size });
            continue;
        };
        if gap > 0.18 * glyph.size {
            run.text.push(' ');
        }
        run.text.push_str(&glyph.text);
        run.end = run.end.max(glyph.end);
        run.size = run.size.max(glyph.size);
    }
    runs
}

/// Page numbers, and a name at the head or foot of every page: the first or last row, alike on two pages but for
/// its digits. The head of the first page stays: it may be the title.
fn without_running_heads(mut pages: Vec<Vec<Row>>) -> Vec<Vec<Row>> {
    let shape = |row: &Row| {
        let text: String = row.iter().map(|run| run.text.as_str()).collect();
        text.chars().map(|c| if c.is_ascii_digit() { '#' } else { c }).collect::<String>()
    };
    let mut counts = BTreeMap::<String, usize>::new();
    for page in &pages {
        let ends: BTreeSet<_> = page.first().into_iter().chain(page.last()).map(shape).collect();
        for end in ends {
            *counts.entry(end).or_default() += 1;
        }
    }
    let runs_on = |row: &Row| counts.get(&shape(row)).is_some_and(|count| *count > 1);
    for (index, page) in pages.iter_mut().enumerate().filter(|(_, page)| page.len() > 1) {
        if page.last().is_some_and(runs_on) {
            page.pop();
        }
        if index > 0 && page.first().is_some_and(runs_on) {
            page.remove(0);
        }
    }
    pages
}

/// Columns from left to right; what stands above and below them in full width stays before and after.
fn columns(rows: Vec<Row>, full_width_around: bool) -> Vec<Vec<Row>> {
    const LEAST_ROWS: usize = 8;
    let (most_above, most_below) = if full_width_around { (12, 2) } else { (0, 0) };
    for above in 0..=most_above {
        for below in 0..=most_below {
            if rows.len() < above + below + LEAST_ROWS {
                continue;
            }
            let Some(gutter) = gutter(&rows[above..rows.len() - below]) else { continue };
            let mut rows = rows;
            let after = rows.split_off(rows.len() - below);
            let between = rows.split_off(above);
            let side = |left: bool| {
                let keep = |row: &Row| -> Row {
                    row.iter().filter(|run| (run.start < gutter) == left).cloned().collect()
                };
                between.iter().map(keep).filter(|row| !row.is_empty()).collect::<Vec<Row>>()
            };
            let (left, right) = (side(true), side(false));
            let parts = [vec![rows], columns(left, false), columns(right, false), vec![after]];
            return parts.concat().into_iter().filter(|rows| !rows.is_empty()).collect();
        }
    }
    vec![rows]
}

/// The middle of the widest empty strip from top to bottom that has text enough on both sides. Dates at the right
/// margin are no column, nor is a table's last one.
fn gutter(rows: &[Row]) -> Option<f64> {
    let mut runs: Vec<&Run> = rows.iter().flatten().collect();
    runs.sort_by(|one, other| one.start.total_cmp(&other.start));
    let (mut widest, mut found, mut end) = (0.0, None, f64::INFINITY);
    for run in &runs {
        if run.start - end > widest && is_gutter(&runs, run.start) {
            (widest, found) = (run.start - end, Some(f64::midpoint(run.start, end)));
        }
        end = if end.is_finite() { end.max(run.end) } else { run.end };
    }
    found.filter(|_| widest >= runs.iter().map(|run| run.size).fold(f64::INFINITY, f64::min))
}

fn is_gutter(runs: &[&Run], x: f64) -> bool {
    const LEAST_RUNS: usize = 4;
    let (left, right): (Vec<&Run>, Vec<&Run>) = runs.iter().partition(|run| run.start < x);
    let dates = right.iter().filter(|run| dates::find(&run.text).is_some()).count();
    let words = |side: &[&Run]| side.iter().map(|run| run.text.split_whitespace().count()).sum::<usize>();
    left.len() >= LEAST_RUNS
        && right.len() >= LEAST_RUNS
        && words(&left) >= left.len().max(8)
        && words(&right) > right.len()
        && dates * 2 < right.len()
        && left.iter().any(|run| run.text.chars().count() > 2)
}

fn lines_of_column(rows: Vec<Row>, page: usize) -> Vec<Placed> {
    let mut lines: Vec<Placed> = Vec::new();
    for row in rows {
        let Some(mut placed) = line_of_row(&row, page) else { continue };
        let continued = lines.last_mut().filter(|last| {
            let below = placed.baseline - last.baseline;
            last.line.item
                && !placed.line.item
                && placed.start >= last.text_start - 0.3 * last.size
                && below < 2.0 * last.size
                && (placed.size - last.size).abs() < 0.5
        });
        let Some(item) = continued else {
            lines.push(placed);
            continue;
        };
        let hyphenated = item.line.text.ends_with('-');
        item.line.text.push_str(if hyphenated { "" } else { " " });
        item.line.text.push_str(&std::mem::take(&mut placed.line.text));
        item.baseline = placed.baseline;
    }
    lines
}

fn line_of_row(row: &[Run], page: usize) -> Option<Placed> {
    let first = row.first()?;
    let mut text = String::new();
    let mut text_start = first.start;
    let mut end = first.start;
    for run in row {
        let is_only_bullet = is_bullet(&text);
        text.push_str(match () {
            () if text.is_empty() => "",
            () if is_only_bullet || run.start - end < 2.5 * run.size => " ",
            () => " | ",
        });
        text_start = if is_only_bullet { run.start } else { text_start };
        text.push_str(&run.text);
        end = run.end;
    }
    // The bullets of Word's Symbol and Wingdings fonts.
    let text = text.replace(['\u{f0b7}', '\u{f0a7}', '\u{f076}'], "•");
    let (bullet, rest) = match text.split_once(' ') {
        Some((bullet, rest)) if is_bullet(bullet) => (true, rest),
        _ => (false, text.as_str()),
    };
    if bullet && text_start <= first.start {
        text_start = first.start + first.size * 0.5;
    }
    let text = visible_line(rest);
    let (size, start, baseline) =
        (row.iter().map(|run| run.size).fold(0.0, f64::max), first.start, first.baseline);
    let line = Line { item: bullet, page: Some(page), ..Line::plain(text) };
    (!line.text.is_empty()).then_some(Placed { line, size, start, text_start, baseline })
}

fn is_bullet(text: &str) -> bool {
    let mut characters = text.trim().chars();
    matches!((characters.next(), characters.next()), (Some(first), None) if BULLETS.contains(&first) || "\u{f0b7}\u{f0a7}\u{f076}".contains(first))
}

/// Sizes in half points above the size of most text, the largest as level 1.
fn levels(lines: &[Placed]) -> BTreeMap<i64, u8> {
    let mut letters = BTreeMap::<i64, usize>::new();
    for placed in lines {
        *letters.entry(rounded(placed.size)).or_default() += placed.line.text.len();
    }
    let body = letters.iter().max_by_key(|(_, count)| **count).map_or(0, |(size, _)| *size);
    letters.into_keys().rev().filter(|size| *size > body).zip(1..=u8::MAX).collect()
}

#[allow(clippy::cast_possible_truncation)]
fn rounded(size: f64) -> i64 {
    (size * 2.0).round() as i64
}
