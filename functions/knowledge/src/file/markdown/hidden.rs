//! Which Markdown stands inside HTML that a page would not show.

/// The element that hides, and how many of its name are open inside it.
#[derive(Default)]
pub struct Hidden {
    element: Option<(String, usize)>,
    front_matter: bool,
}

impl Hidden {
    pub fn is_open(&self) -> bool {
        self.element.is_some() || self.front_matter
    }

    pub fn open_front_matter(&mut self) {
        self.front_matter = true;
    }

    pub fn close_front_matter(&mut self) {
        self.front_matter = false;
    }

    /// Reads the tags of a piece of HTML.
    pub fn take(&mut self, html: &str) {
        if html.trim_start().starts_with("<!--") {
            return;
        }
        for tag in html.split('<').skip(1) {
            let tag = tag.split('>').next().unwrap_or(tag).to_lowercase();
            let (closes, tag) = tag.strip_prefix('/').map_or((false, tag.as_str()), |tag| (true, tag));
            let name = tag.split(|c: char| !c.is_alphanumeric()).next().unwrap_or_default();
            match &mut self.element {
                Some((element, 1)) if closes && element == name => self.element = None,
                Some((element, open)) if closes && element == name => *open -= 1,
                Some((element, open)) if element == name => *open += 1,
                None if !closes && hides(name, tag) => self.element = Some((name.to_owned(), 1)),
                _ => {}
            }
        }
    }
}

fn hides(name: &str, tag: &str) -> bool {
    const STYLES: [&str; 4] = ["display:none", "visibility:hidden", "opacity:0;", "font-size:0"];
    let styles: String = tag.chars().filter(|c| !c.is_whitespace()).collect();
    let attribute = tag.split_whitespace().any(|word| word == "hidden" || word.starts_with("hidden="));
    let void = ["img", "br", "hr", "input", "meta", "link"].contains(&name) || tag.ends_with('/');
    let silent = ["script", "style", "template"].contains(&name);
    !void && (silent || attribute || STYLES.iter().any(|style| styles.contains(style)))
}
