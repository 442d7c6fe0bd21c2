use super::dom::{Dom, Node, NodeId};
use super::hidden::is_content;
use super::tree::MAX_DEPTH;
use crate::web::text::{line, visible};
use twin::knowledge::document::Section;

/// Characters of a heading that go into a place.
const MAX_HEADING: usize = 120;
/// Levels of a list that are indented.
const MAX_INDENT: usize = 4;

/// What is visible under `top`, cut at its headings. Places are `root › Heading › Subheading`; a first heading of
/// the highest level is the document's title, and not repeated in them.
pub fn sections(dom: &Dom, top: NodeId, root: &str) -> Vec<Section> {
    let mut writer = Writer { root, ..Writer::default() };
    writer.children(dom, top, 0);
    writer.end_section();
    writer.sections
}

/// The visible text of an element on one line.
pub fn plain(dom: &Dom, id: NodeId) -> String {
    let mut text = String::new();
    collect(dom, id, 0, &mut text);
    line(&text)
}

/// Visible text as it is written, whitespace included.
fn collect(dom: &Dom, id: NodeId, depth: usize, text: &mut String) {
    match dom.node(id) {
        Node::Text(own) => text.push_str(own),
        Node::Element(element) if element.name() == "br" => text.push('\n'),
        Node::Element(element) if !is_content(element) || depth > MAX_DEPTH => {}
        _ => dom.children(id).iter().for_each(|child| collect(dom, *child, depth + 1, text)),
    }
}

/// What comes between two words.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Gap {
    #[default]
    None,
    Space,
    Cell,
    /// Between a term and what it means.
    Term,
    Line,
    Paragraph,
}

impl Gap {
    fn text(self) -> &'static str {
        match self {
            Self::None => "",
            Self::Space => " ",
            Self::Cell => " | ",
            Self::Term => ": ",
            Self::Line => "\n",
            Self::Paragraph => "\n\n",
        }
    }
}

#[derive(Debug, Default)]
struct Writer<'a> {
    root: &'a str,
    /// The headings above, with their levels.
    headings: Vec<(u8, String)>,
    titled: bool,
    sections: Vec<Section>,
    text: String,
    gap: Gap,
    /// After the bullet of a list: what comes next stands beside it.
    beside: bool,
    /// After a term of a list of definitions.
    termed: bool,
    /// For each open list, the number of its last item if it is numbered.
    lists: Vec<Option<usize>>,
}

impl Writer<'_> {
    fn children(&mut self, dom: &Dom, id: NodeId, depth: usize) {
        if depth <= MAX_DEPTH {
            dom.children(id).iter().for_each(|child| self.node(dom, *child, depth + 1));
        }
    }

    fn node(&mut self, dom: &Dom, id: NodeId, depth: usize) {
        match dom.node(id) {
            Node::Text(text) => self.words(&visible(text)),
            Node::Element(element) if is_content(element) => self.element(dom, id, element.name(), depth),
            _ => {}
        }
    }

    fn element(&mut self, dom: &Dom, id: NodeId, name: &str, depth: usize) {
        match name {
            "h1" | "h2" | "h3" | "h4" | "h5" | "h6" => {
                self.heading(name.as_bytes()[1] - b'0', &plain(dom, id));
            }
            "pre" => self.verbatim(dom, id),
            "br" => self.widen(Gap::Line),
            "ul" | "ol" => {
                self.lists.push((name == "ol").then_some(0));
                self.block(dom, id, depth, if self.lists.len() > 1 { Gap::Line } else { Gap::Paragraph });
                self.lists.pop();
            }
            "li" => {
                self.widen(Gap::Line);
                self.bullet();
                self.block(dom, id, depth, Gap::Line);
                self.beside = false;
            }
            "td" | "th" => {
                self.widen(Gap::Cell);
                self.children(dom, id, depth);
            }
            "dt" => {
                let before = self.text.len();
                self.block(dom, id, depth, Gap::Line);
                self.termed = self.text.len() > before;
            }
            "dd" => {
                if std::mem::take(&mut self.termed) {
                    (self.gap, self.beside) = (Gap::Term, true);
                }
                self.block(dom, id, depth, Gap::Line);
                self.beside = false;
            }
            "tr" | "caption" | "figcaption" | "summary" | "option" => {
                self.block(dom, id, depth, Gap::Line);
            }
            "p" | "div" | "section" | "article" | "main" | "blockquote" | "table" | "dl" | "figure"
            | "details" | "hr" | "address" | "hgroup" | "center" => {
                self.block(dom, id, depth, Gap::Paragraph);
            }
            _ => self.children(dom, id, depth),
        }
    }

    fn block(&mut self, dom: &Dom, id: NodeId, depth: usize, gap: Gap) {
        self.widen(gap);
        self.children(dom, id, depth);
        self.widen(gap);
    }

    fn widen(&mut self, gap: Gap) {
        if !self.beside {
            self.gap = self.gap.max(gap);
        }
    }

    fn words(&mut self, text: &str) {
        if text.starts_with(char::is_whitespace) {
            self.widen(Gap::Space);
        }
        for word in text.split_whitespace() {
            self.write(word);
            self.widen(Gap::Space);
        }
        if !text.ends_with(char::is_whitespace) && self.gap == Gap::Space {
            self.gap = Gap::None;
        }
    }

    fn write(&mut self, text: &str) {
        if !self.text.is_empty() {
            self.text.push_str(self.gap.text());
        }
        self.text.push_str(text);
        self.gap = Gap::None;
        self.beside = false;
    }

    fn bullet(&mut self) {
        let indent = "  ".repeat(self.lists.len().saturating_sub(1).min(MAX_INDENT));
        let mark = match self.lists.last_mut() {
            Some(Some(number)) => {
                *number += 1;
                format!("{indent}{number}. ")
            }
            _ => format!("{indent}- "),
        };
        self.write(&mark);
        self.beside = true;
    }

    fn verbatim(&mut self, dom: &Dom, id: NodeId) {
        let mut text = String::new();
        collect(dom, id, 0, &mut text);
        let text = visible(&text);
        let text = text.trim_matches('\n').trim_end();
        if !text.is_empty() {
            self.widen(Gap::Paragraph);
            self.write(text);
            self.widen(Gap::Paragraph);
        }
    }

    fn heading(&mut self, level: u8, heading: &str) {
        if heading.is_empty() {
            return;
        }
        self.end_section();
        let is_title = level == 1 && !self.titled;
        self.titled = true;
        self.headings.retain(|(above, _)| *above < level);
        if !is_title {
            self.headings.push((level, heading.chars().take(MAX_HEADING).collect()));
        }
    }

    fn end_section(&mut self) {
        let text = std::mem::take(&mut self.text);
        let bare = text.trim_end();
        self.gap = Gap::None;
        if !bare.trim_start_matches(['-', ' ', '\n']).is_empty() {
            let headings = self.headings.iter().map(|(_, heading)| heading.as_str());
            let place = std::iter::once(self.root).chain(headings).collect::<Vec<_>>().join(" › ");
            self.sections.push(Section { place, text: bare.to_owned() });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::tree::parse;
    use super::*;
    use crate::web::fixtures::shown;

    fn read(html: &str) -> String {
        let dom = parse(html).unwrap();
        shown(&sections(&dom, Dom::ROOT, "page"))
    }

    #[test]
    fn blocks_lists_tables_and_code_stay_readable() {
        insta::assert_snapshot!(read(
            "<p>One <b>bold</b>, <i>two</i>\n three.<br>Next line.</p><ul><li><p>first</p></li><li>second<ol><li>a</li><li>b</li>\
             </ol></li></ul><pre><code>fn main() {\n    run();\n}\n</code></pre><table><tr><th>Name</th><th>Days</th></tr>\
             <tr><td>Review</td><td>5</td></tr></table><p>un<b>bro</b>ken</p>"
        ));
    }

    #[test]
    fn what_a_term_means_stands_beside_it() {
        let list = "<dl><dt>A talk</dt> <dd><p>Vienna</p></dd><dd>Leipzig</dd><dt></dt><dd>Berlin</dd></dl>";
        let read = read(list);
        assert!(read.contains("A talk: Vienna\n\nLeipzig\nBerlin"), "{read}");
    }

    #[test]
    fn headings_are_places() {
        insta::assert_snapshot!(read(
            "before<h1>Title</h1>intro<h2>A</h2>a<h4>A.x</h4>ax<h3>A.1</h3>a1<h2>B</h2><h3>B.1</h3>b1<h1>Other</h1>o"
        ));
    }

    #[test]
    fn what_is_hidden_is_not_read() {
        let hidden = [
            "<div hidden>X</div>",
            "<p aria-hidden=\"TRUE\">X</p>",
            "<span style='display:none'>X</span>",
            "<div style='font-size:0'>a<p>X</p></div>",
            "<!-- X -->",
            "<script>X</script><style>X</style><template>X</template><noscript>X</noscript>",
            "<nav>X</nav><aside>X</aside><header>X</header><footer>X</footer><div role=navigation>X</div>",
            "<svg><text>X</text></svg><img alt=X><input value=X><textarea>X</textarea>",
            "<h2 style='opacity:0'>X</h2>",
            "<h2>h<span hidden>X</span></h2>",
            "<pre>p<span hidden>X</span></pre>",
        ];
        assert!(!read(&format!("<p>seen</p>{}<p>too</p>", hidden.concat())).contains('X'));
    }

    #[test]
    fn a_long_heading_is_cut_in_places() {
        let text = read(&format!("<h2>{}</h2>{}", "h".repeat(1000), "<h3>x</h3>y".repeat(3)));
        assert_eq!(text.matches('h').count(), 3 * MAX_HEADING);
    }
}
