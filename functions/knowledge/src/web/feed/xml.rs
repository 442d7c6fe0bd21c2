use jiff::civil::Date;
use jiff::fmt::rfc2822::DateTimeParser;
use roxmltree::{Document, Node, ParsingOptions};

use super::{Entry, Text};
use crate::web::markup;
use crate::web::page::iso_date;

const ATOM: &str = "http://www.w3.org/2005/Atom";
const DUBLIN_CORE: &str = "http://purl.org/dc/elements/1.1/";
const CONTENT: &str = "http://purl.org/rss/1.0/modules/content/";
/// Elements, texts and attributes of a feed; one of a megabyte that means something has fewer.
const MAX_NODES: u32 = 100_000;
/// Declarations of a namespace; each is carried along by every element that declares another.
const MAX_NAMESPACES: usize = 1000;

pub(super) fn entries(text: &str) -> Result<Vec<Entry>, String> {
    markup::check(text).map_err(|error| error.to_string())?;
    if let Some((at, _)) = text.match_indices("xmlns").nth(MAX_NAMESPACES) {
        let line = line_of(text, at);
        return Err(format!("up to line {line} it declares more than {MAX_NAMESPACES} namespaces"));
    }
    let options = ParsingOptions { allow_dtd: false, nodes_limit: MAX_NODES, ..ParsingOptions::default() };
    let document = Document::parse_with_options(text, options).map_err(|error| explained(text, &error))?;
    let root = document.root_element();
    match root.tag_name().name() {
        "feed" => Ok(root.children().filter(|node| node.has_tag_name((ATOM, "entry"))).map(atom).collect()),
        "rss" | "RDF" => Ok(items(root).map(rss).collect()),
        other => {
            let line = document.text_pos_at(root.range().start).row;
            Err(format!("it is <{other}> in line {line}, neither RSS nor Atom"))
        }
    }
}

/// With the place: most errors of the parser have it.
fn explained(text: &str, error: &roxmltree::Error) -> String {
    match error {
        roxmltree::Error::DtdDetected => {
            let line = line_of(text, text.find("<!DOCTYPE").unwrap_or_default());
            format!("line {line} declares a document type, which no feed has")
        }
        roxmltree::Error::NodesLimitReached => {
            format!("it has more than {MAX_NODES} elements, texts and attributes")
        }
        error => error.to_string(),
    }
}

fn line_of(text: &str, at: usize) -> usize {
    text.as_bytes()[..at].split(|byte| *byte == b'\n').count()
}

/// RSS 2.0 has its items within the channel, RSS 1.0 beside it.
fn items<'a, 'input>(root: Node<'a, 'input>) -> impl Iterator<Item = Node<'a, 'input>> {
    let channels = root.children().filter(|node| node.tag_name().name() == "channel");
    let within = channels.flat_map(|channel| channel.children());
    within.chain(root.children()).filter(|node| node.tag_name().name() == "item")
}

/// RSS 2.0, <https://www.rssboard.org/rss-specification>, with the content and Dublin Core modules.
fn rss(item: Node) -> Entry {
    let plain = |name| child(item, "", name).map(all_text);
    let guid = child(item, "", "guid");
    let permanent = guid.filter(|guid| guid.attribute("isPermaLink") != Some("false")).map(all_text);
    let stated = plain("pubDate").and_then(|text| rfc2822_date(&text));
    Entry {
        id: guid.map(all_text),
        title: plain("title").map(Text::Plain),
        link: plain("link").or(permanent.filter(|guid| guid.starts_with("http"))),
        date: stated.or_else(|| iso_date(&all_text(child(item, DUBLIN_CORE, "date")?))),
        body: child(item, CONTENT, "encoded").map(all_text).or_else(|| plain("description")).map(Text::Html),
    }
}

/// Atom, RFC 4287.
fn atom(entry: Node) -> Entry {
    let own = |name| child(entry, ATOM, name);
    let date = |name| iso_date(&all_text(own(name)?));
    let mut links = entry.children().filter(|node| node.has_tag_name((ATOM, "link")));
    let link = links.find(|link| matches!(link.attribute("rel"), None | Some("alternate")));
    Entry {
        id: own("id").map(all_text),
        title: own("title").map(construct),
        link: link.and_then(|link| link.attribute("href")).map(ToOwned::to_owned),
        date: date("published").or_else(|| date("updated")),
        body: own("content")
            .filter(|content| content.attribute("src").is_none())
            .or(own("summary"))
            .map(construct),
    }
}

/// A text construct, RFC 4287 §3.1.
fn construct(node: Node) -> Text {
    match node.attribute("type") {
        Some("html" | "text/html") => Text::Html(all_text(node)),
        Some("xhtml" | "application/xhtml+xml") => {
            let markup = node.children().filter_map(|child| node.document().input_text().get(child.range()));
            Text::Html(markup.collect())
        }
        _ => Text::Plain(all_text(node)),
    }
}

/// The first child of that name; elements of RSS itself are of any namespace, for RSS 1.0 has one and 2.0 has not.
fn child<'a, 'input>(node: Node<'a, 'input>, namespace: &str, name: &str) -> Option<Node<'a, 'input>> {
    node.children().find(|child| {
        let tag = child.tag_name();
        let same = match namespace {
            "" => !matches!(tag.namespace(), Some(ATOM | DUBLIN_CORE | CONTENT)),
            _ => tag.namespace() == Some(namespace),
        };
        child.is_element() && same && tag.name() == name
    })
}

fn all_text(node: Node) -> String {
    node.descendants().filter(Node::is_text).filter_map(|text| text.text()).collect()
}

fn rfc2822_date(text: &str) -> Option<Date> {
    static PARSER: DateTimeParser = DateTimeParser::new().relaxed_weekday(true);
    PARSER.parse_zoned(text.trim()).ok().map(|time| time.date())
}
