//! The glyphs of a page that a reader sees, with their places. Text that is drawn but cannot be seen (the colour of
//! the paper, no opacity, off the page, too small) is not text of the résumé.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};

use hayro_interpret::font::GlyphRun;
use hayro_interpret::hayro_cmap::BfString;
use hayro_interpret::hayro_syntax::Pdf;
use hayro_interpret::hayro_syntax::page::Page;
use hayro_interpret::kurbo::{Affine, BezPath, Point, Rect, Shape};
use hayro_interpret::{
    BlendMode, ClipPath, Context, Device, DrawMode, DrawProps, Image, ImageDrawProps, InterpreterCache,
    InterpreterSettings, Paint, SoftMask, TransformExt, interpret_page,
};

use crate::file::error::ImportError;

/// Drawing is stopped here, by unwinding with the error: the interpreter offers no other way out.
const MOST_DRAWN: usize = 500_000;

const SMALLEST: f64 = 2.0;
/// Of colour and opacity, from 0 to 1.
const BARELY: f32 = 0.06;

/// Text with its start and end on the baseline, measured from the top left of the page in points.
#[derive(Debug, Clone)]
pub struct Glyph {
    pub text: String,
    pub start: f64,
    pub end: f64,
    pub baseline: f64,
    pub size: f64,
}

/// The glyphs of each page, in the order in which they are drawn.
pub fn of(place: &str, pdf: &Pdf) -> Vec<Vec<Glyph>> {
    let cache = InterpreterCache::new();
    let mut drawn = 0;
    let numbered = (1..).zip(pdf.pages().iter());
    numbered
        .map(|(number, page)| {
            let place = format!("{place}, page {number}");
            let read = AssertUnwindSafe(|| of_page(&place, pdf, page, &cache, &mut drawn));
            catch_unwind(read).unwrap_or_else(|panic| resume_unwind(named(&place, panic)))
        })
        .collect()
}

/// What a parser does to a hostile page is an error that names it.
fn named(place: &str, panic: Box<dyn Any + Send>) -> Box<dyn Any + Send> {
    if panic.is::<ImportError>() {
        panic
    } else {
        Box::new(ImportError::not_readable(place, "the page is damaged"))
    }
}

fn of_page<'a>(
    place: &str,
    pdf: &'a Pdf,
    page: &Page<'a>,
    cache: &InterpreterCache<'a>,
    drawn: &mut usize,
) -> Vec<Glyph> {
    let (width, height) = page.render_dimensions();
    let paper = Rect::new(0.0, 0.0, f64::from(width), f64::from(height));
    let transform = page.initial_transform(true).to_kurbo();
    let mut context = Context::new(transform, paper, cache, pdf.xref(), InterpreterSettings::default());
    let mut sheet =
        Sheet { place, paper, glyphs: Vec::new(), backdrop: Vec::new(), faint_groups: Vec::new(), drawn };
    interpret_page(page, &mut context, &mut sheet);
    sheet.glyphs
}

struct Sheet<'d> {
    place: &'d str,
    paper: Rect,
    glyphs: Vec<Glyph>,
    /// What lies under later text, in the order of drawing; images have no one colour.
    backdrop: Vec<(Rect, Option<[f32; 3]>)>,
    /// For each open transparency group, whether nothing in it can be seen.
    faint_groups: Vec<bool>,
    drawn: &'d mut usize,
}

impl Sheet<'_> {
    fn count(&mut self) {
        *self.drawn += 1;
        if *self.drawn > MOST_DRAWN {
            let limit = format!("{MOST_DRAWN} drawn glyphs and shapes");
            resume_unwind(Box::new(ImportError::too_large(self.place, limit)));
        }
    }

    fn fill(&mut self, area: Rect, paint: &Paint<'_>, mode: &DrawMode) {
        self.count();
        if matches!(mode, DrawMode::Fill(_) | DrawMode::FillAndStroke(..)) {
            match color(paint) {
                Some([.., alpha]) if alpha < 0.5 => {}
                Some([red, green, blue, _]) => self.backdrop.push((area, Some([red, green, blue]))),
                None => self.backdrop.push((area, None)),
            }
        }
    }

    /// Recognised text lies invisible over its scan, and is the only invisible text that is read.
    fn is_seen(&self, at: Point, size: f64, paint: &Paint<'_>, mode: &DrawMode) -> bool {
        let behind = self.backdrop.iter().rev().find(|(area, _)| area.contains(at));
        let behind = behind.map_or(Some([1.0; 3]), |(_, color)| *color);
        let legible = match (mode, behind, color(paint)) {
            (DrawMode::Invisible, behind, _) => behind.is_none(),
            (_, _, Some([.., alpha])) if alpha < BARELY => false,
            (_, Some(behind), Some([red, green, blue, _])) => {
                [red, green, blue].iter().zip(behind).any(|(one, other)| (one - other).abs() > BARELY)
            }
            _ => true,
        };
        legible && size >= SMALLEST && self.paper.contains(at) && !self.faint_groups.contains(&true)
    }
}

fn color(paint: &Paint<'_>) -> Option<[f32; 4]> {
    match paint {
        Paint::Color(color) => Some(color.to_rgba().components()),
        Paint::Pattern(_) => None,
    }
}

fn text_of(unicode: BfString) -> String {
    match unicode {
        BfString::Char(character) => character.to_string(),
        BfString::String(text) => text,
    }
}

impl<'a> Device<'a> for Sheet<'_> {
    fn draw_glyph_run(&mut self, run: &GlyphRun<'_, 'a>, props: DrawProps<'a>, mode: &DrawMode) {
        for glyph in run.glyphs() {
            self.count();
            let place: Affine = props.transform * glyph.transform();
            let advance = match &**glyph {
                hayro_interpret::font::Glyph::Outline(outline) => outline.advance_width(),
                hayro_interpret::font::Glyph::Type3(drawn) => drawn.advance_width(),
            };
            let start = place * Point::ZERO;
            let end = place * Point::new(f64::from(advance.unwrap_or(500.0)), 0.0);
            let size = (place * Point::new(0.0, 1000.0) - start).hypot();
            let upright = (end.y - start.y).abs() <= (end.x - start.x).abs() && end.x >= start.x;
            let Some(text) = glyph.as_unicode().map(text_of) else { continue };
            if upright && start.is_finite() && self.is_seen(start, size, &props.paint, mode) {
                let (start, end, baseline) = (start.x, end.x, start.y);
                self.glyphs.push(Glyph { text, start, end, baseline, size });
            }
        }
    }

    fn draw_path(&mut self, path: &BezPath, props: DrawProps<'a>, mode: &DrawMode) {
        let area = props.transform.transform_rect_bbox(path.bounding_box());
        self.fill(area, &props.paint, mode);
    }

    fn draw_rect(&mut self, rect: &Rect, props: DrawProps<'a>, mode: &DrawMode) {
        self.fill(props.transform.transform_rect_bbox(*rect), &props.paint, mode);
    }

    fn draw_image(&mut self, image: Image<'a, '_>, props: ImageDrawProps<'a>) {
        self.count();
        let size = Rect::new(0.0, 0.0, f64::from(image.width()), f64::from(image.height()));
        self.backdrop.push((props.transform.transform_rect_bbox(size), None));
    }

    fn push_transparency_group(&mut self, opacity: f32, _: Option<SoftMask<'a>>, _: BlendMode) {
        self.count();
        self.faint_groups.push(opacity < BARELY);
    }

    fn pop_transparency_group(&mut self) {
        self.faint_groups.pop();
    }

    fn push_clip_path(&mut self, _: &ClipPath) {
        self.count();
    }

    fn push_clip_rect(&mut self, _: &Rect) {
        self.count();
    }

    fn pop_clip(&mut self) {}
}
