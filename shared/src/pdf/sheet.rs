//! Lines on pages: what is set is put below what was set before, and on the next page where it does not fit.

use krilla::{
    Document,
    color::rgb,
    geom::{PathBuilder, Point, Rect},
    page::PageSettings,
    paint::Fill,
};

use super::{
    PdfError,
    face::{Face, drawable},
};

/// A4, in points.
const PAGE: (f32, f32) = (595.28, 841.89);
const MARGIN: f32 = 68.0;
const TOP: f32 = 64.0;
const BOTTOM: f32 = PAGE.1 - 72.0;
const FOOT: f32 = PAGE.1 - 40.0;
const FOOT_SIZE: f32 = 8.5;
/// Of the lines between the margins.
pub const WIDTH: f32 = PAGE.0 - 2.0 * MARGIN;
/// Of a line's height, what is above its letters' feet.
const ASCENT: f32 = 0.76;
const HAIR: f32 = 0.6;

pub type Colour = (u8, u8, u8);
pub const INK: Colour = (0x1d, 0x24, 0x33);
pub const GREY: Colour = (0x5b, 0x64, 0x75);
pub const ACCENT: Colour = (0x2f, 0x5f, 0xd0);
const LINE: Colour = (0xd5, 0xda, 0xe2);

#[derive(Clone, Copy)]
pub struct Style {
    /// In points, as the height of a line.
    pub size: f32,
    pub line: f32,
    pub bold: bool,
    pub colour: Colour,
}

/// A part of a row: from here, up to there, at most so wide.
pub struct Column<'a> {
    from: f32,
    to: f32,
    text: &'a str,
    style: Style,
    is_right: bool,
}

impl<'a> Column<'a> {
    /// What is short.
    pub fn at(from: f32, text: &'a str, style: Style) -> Self {
        Self { from, to: WIDTH, text, style, is_right: false }
    }

    pub fn wrapped(from: f32, to: f32, text: &'a str, style: Style) -> Self {
        Self { from, to, text, style, is_right: false }
    }

    /// What ends there.
    pub fn to(to: f32, text: &'a str, style: Style) -> Self {
        Self { from: 0.0, to, text, style, is_right: true }
    }
}

enum Mark {
    Text { x: f32, y: f32, text: String, style: Style },
    Rule { y: f32 },
}

pub struct Sheet {
    pages: Vec<Vec<Mark>>,
    y: f32,
    faces: [&'static Face; 2],
}

impl Sheet {
    pub fn new() -> Result<Self, PdfError> {
        let face = |bold| Face::get(bold).ok_or(PdfError::Fonts);
        Ok(Self { pages: vec![Vec::new()], y: TOP, faces: [face(false)?, face(true)?] })
    }

    /// Below what is there; nothing at the top of a page.
    pub fn gap(&mut self, height: f32) {
        if self.y > TOP {
            self.y += height;
        }
    }

    /// What follows is not torn apart within so much.
    pub fn keep(&mut self, height: f32) {
        if self.y + height > BOTTOM {
            self.pages.push(Vec::new());
            self.y = TOP;
        }
    }

    pub fn text(&mut self, text: &str, style: Style, from: f32) {
        self.row(&[Column::wrapped(from, WIDTH, text, style)]);
    }

    /// Columns side by side.
    pub fn row(&mut self, columns: &[Column<'_>]) {
        let set: Vec<Vec<String>> = columns
            .iter()
            .map(|column| {
                wrapped(self.face(column.style), column.text, column.style.size, column.to - column.from)
            })
            .collect();
        let most = set.iter().map(Vec::len).max().unwrap_or_default();
        for at in 0..most {
            let height = columns.iter().map(|column| column.style.line).fold(0.0, f32::max);
            self.keep(height);
            for (column, lines) in columns.iter().zip(&set) {
                let Some(text) = lines.get(at).filter(|text| !text.is_empty()) else { continue };
                let width = self.face(column.style).width(text, column.style.size);
                let x = if column.is_right { column.to - width } else { column.from };
                let y = self.y + height * ASCENT;
                self.put(Mark::Text { x: MARGIN + x, y, text: text.clone(), style: column.style });
            }
            self.y += height;
        }
    }

    pub fn rule(&mut self) {
        let y = self.y;
        self.put(Mark::Rule { y });
    }

    pub fn print(self, document: &mut Document, foot: &str) -> Result<(), PdfError> {
        let broken = || PdfError::Written("a page of this size".to_owned());
        let foot = drawable(foot);
        let style = Style { size: FOOT_SIZE, line: FOOT_SIZE, bold: false, colour: GREY };
        let of = self.pages.len();
        for (at, marks) in self.pages.iter().enumerate() {
            let settings = PageSettings::from_wh(PAGE.0, PAGE.1).ok_or_else(broken)?;
            let mut page = document.start_page_with(settings);
            let mut surface = page.surface();
            let number = format!("{} of {of}", at + 1);
            let right = MARGIN + WIDTH - self.face(style).width(&number, style.size);
            let feet = [(MARGIN, foot.clone()), (right, number)];
            let feet = feet.into_iter().map(|(x, text)| Mark::Text { x, y: FOOT, text, style });
            for mark in marks.iter().chain(&feet.collect::<Vec<_>>()) {
                match mark {
                    Mark::Text { x, y, text, style } => {
                        let face = self.face(*style);
                        surface.set_fill(Some(filled(style.colour)));
                        let start = Point::from_xy(*x, *y);
                        surface.draw_glyphs(
                            start,
                            &face.glyphs(text),
                            face.font.clone(),
                            text,
                            style.size,
                            false,
                        );
                    }
                    Mark::Rule { y } => {
                        surface.set_fill(Some(filled(LINE)));
                        let mut path = PathBuilder::new();
                        path.push_rect(Rect::from_xywh(MARGIN, *y, WIDTH, HAIR).ok_or_else(broken)?);
                        surface.draw_path(&path.finish().ok_or_else(broken)?);
                    }
                }
            }
            surface.finish();
            page.finish();
        }
        Ok(())
    }

    fn put(&mut self, mark: Mark) {
        if let Some(page) = self.pages.last_mut() {
            page.push(mark);
        }
    }

    fn face(&self, style: Style) -> &'static Face {
        self.faces[usize::from(style.bold)]
    }
}

fn filled((red, green, blue): Colour) -> Fill {
    Fill { paint: rgb::Color::new(red, green, blue).into(), ..Fill::default() }
}

/// Lines of at most this width; a word that is wider is broken.
fn wrapped(face: &Face, text: &str, size: f32, width: f32) -> Vec<String> {
    let text = drawable(text);
    let fits = |line: &str| face.width(line, size) <= width;
    let mut lines = vec![String::new()];
    for word in text.split(' ').filter(|word| !word.is_empty()) {
        let Some(line) = lines.last_mut() else { break };
        let longer = if line.is_empty() { word.to_owned() } else { format!("{line} {word}") };
        if fits(&longer) {
            *line = longer;
            continue;
        }
        if !line.is_empty() {
            lines.push(String::new());
        }
        for c in word.chars() {
            let Some(line) = lines.last_mut() else { break };
            let longer = format!("{line}{c}");
            if line.is_empty() || fits(&longer) {
                *line = longer;
            } else {
                lines.push(c.to_string());
            }
        }
    }
    lines
}
