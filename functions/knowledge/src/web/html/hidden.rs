use super::dom::Element;

/// Elements that are not content: furniture of the site, and what no reader sees.
const SKIPPED: [&str; 24] = [
    "aside", "audio", "button", "canvas", "dialog", "embed", "footer", "frame", "head", "header", "iframe",
    "input", "math", "nav", "noscript", "object", "script", "select", "style", "svg", "template", "textarea",
    "title", "video",
];
/// Lengths under this put text outside the window. CSS pixels.
const OFF_SCREEN: f32 = -900.0;
/// Letters up to this size are not for reading. CSS pixels.
const UNREADABLE: f32 = 1.0;

/// Whether an element belongs to what is read, as far as it tells by itself; style sheets are not asked.
pub(super) fn is_content(element: &Element) -> bool {
    !(SKIPPED.contains(&element.name())
        || element.attribute("hidden").is_some()
        || is(element, "aria-hidden", "true")
        || ["navigation", "banner", "contentinfo", "complementary", "search"]
            .iter()
            .any(|role| is(element, "role", role))
        || element.attribute("style").is_some_and(hides))
}

fn is(element: &Element, attribute: &str, value: &str) -> bool {
    element.attribute(attribute).is_some_and(|found| found.trim().eq_ignore_ascii_case(value))
}

/// Whether an inline style takes text out of sight.
fn hides(style: &str) -> bool {
    // An escape has no use in an inline style but to be overlooked.
    if style.contains('\\') {
        return true;
    }
    let style = without_comments(style).to_ascii_lowercase();
    let declarations: Vec<(&str, String)> = style
        .split(';')
        .filter_map(|declaration| declaration.split_once(':'))
        .map(|(name, value)| (name.trim(), value.replace("!important", "").split_whitespace().collect()))
        .collect();
    let clipped = declarations.iter().any(|(name, value)| name.starts_with("overflow") && value != "visible");
    declarations.iter().any(|(name, value)| takes_away(name, value, clipped))
}

fn takes_away(name: &str, value: &str, clipped: bool) -> bool {
    match name {
        "display" => value == "none",
        "visibility" => matches!(value, "hidden" | "collapse"),
        "content-visibility" => value == "hidden",
        "opacity" => number(value).is_some_and(|opacity| opacity <= 0.0),
        "color" | "-webkit-text-fill-color" => value == "transparent",
        "font-size" => {
            number(value).is_some_and(|size| size == 0.0 || value.ends_with("px") && size <= UNREADABLE)
        }
        "width" | "height" | "max-width" | "max-height" => {
            clipped && number(value).is_some_and(|size| size <= UNREADABLE)
        }
        "left" | "right" | "top" | "bottom" | "text-indent" | "margin-left" | "margin-top" => {
            number(value).is_some_and(|offset| offset <= OFF_SCREEN)
        }
        "clip" => value.starts_with("rect("),
        "clip-path" => matches!(value, "inset(50%)" | "inset(100%)" | "circle(0)" | "circle(0px)"),
        "transform" => matches!(value, "scale(0)" | "scale(0,0)"),
        _ => false,
    }
}

/// The number of a length or percentage.
fn number(value: &str) -> Option<f32> {
    value.trim_end_matches(|character: char| character.is_ascii_alphabetic() || character == '%').parse().ok()
}

fn without_comments(style: &str) -> String {
    let mut kept = String::new();
    let mut rest = style;
    while let Some((before, comment)) = rest.split_once("/*") {
        kept.push_str(before);
        rest = comment.split_once("*/").map_or("", |(_, after)| after);
    }
    kept + rest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn styles_that_hide() {
        for style in [
            "display:none",
            "DISPLAY : None !important",
            "color:red; display:/**/none",
            "dis/* */play:none",
            "visibility:hidden",
            "font-size:0",
            "font-size: 0.0em",
            "font-size:1px",
            "opacity:0.0",
            "color:transparent",
            "position:absolute;left:-9999px",
            "text-indent:-9999px",
            "height:0;overflow:hidden",
            "width:1px;height:1px;overflow:clip",
            "clip:rect(0 0 0 0)",
            "clip-path:inset( 50% )",
            "d\\69splay:none",
        ] {
            assert!(hides(style), "{style}");
        }
    }

    #[test]
    fn styles_that_show() {
        for style in [
            "",
            "display:block",
            "font-size:12px",
            "font-size:0.9em",
            "font-size:1em",
            "opacity:0.5",
            "height:0",
            "left:-10px",
            "color:#fff",
            "overflow:hidden;width:100%",
            "display",
            "/* display:none",
        ] {
            assert!(!hides(style), "{style}");
        }
    }
}
