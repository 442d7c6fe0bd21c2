use std::borrow::Cow;
use std::cell::{Cell, Ref, RefCell};

use html5ever::interface::tree_builder::{ElementFlags, NodeOrText, QuirksMode, TreeSink};
use html5ever::tendril::{StrTendril, TendrilSink};
use html5ever::tree_builder::TreeBuilderOpts;
use html5ever::{Attribute, ParseOpts, QualName, parse_document};
use thiserror::Error;

use super::dom::{Dom, Element, Linked, Node, NodeId};
use crate::web::markup::{self, Overgrown};

/// Deeper than any page for readers, and the depth at which browsers stop too. It also keeps the parser, which
/// looks up the open elements at each tag, from quadratic time.
pub(super) const MAX_DEPTH: usize = 512;
/// More than a page of a megabyte has, unless it makes the parser repeat open formatting again and again.
const MAX_NODES: usize = 250_000;
/// Attributes that `<html>` and `<body>` may gather from repeated tags.
const MAX_MERGED: usize = 64;
/// Bytes parsed between two looks at the depth.
const STEP: usize = 4096;

/// A document that no reader was meant to see.
#[derive(Debug, Error)]
pub enum Unreadable {
    #[error("its elements nest deeper than {MAX_DEPTH}")]
    TooDeep,
    #[error("it has more than {MAX_NODES} elements and texts")]
    TooMany,
    #[error(transparent)]
    Overgrown(#[from] Overgrown),
}

/// Parses a document as a browser without scripts does: anything is HTML.
pub fn parse(html: &str) -> Result<Dom, Unreadable> {
    markup::check(html)?;
    let tree_builder = TreeBuilderOpts { scripting_enabled: false, ..TreeBuilderOpts::default() };
    let mut parser = parse_document(Builder::new(), ParseOpts { tree_builder, ..ParseOpts::default() });
    let mut rest = html;
    while !rest.is_empty() {
        let (step, after) = rest.split_at(rest.floor_char_boundary(STEP));
        parser.process(StrTendril::from(step));
        if parser.tokenizer.sink.sink.too_deep.get() {
            return Err(Unreadable::TooDeep);
        }
        if parser.tokenizer.sink.sink.nodes.borrow().len() > MAX_NODES {
            return Err(Unreadable::TooMany);
        }
        rest = after;
    }
    Ok(parser.finish())
}

/// Builds a [`Dom`] as the parser says.
struct Builder {
    nodes: RefCell<Vec<Linked>>,
    too_deep: Cell<bool>,
}

impl Builder {
    fn new() -> Self {
        let root = Linked { node: Node::Other, parent: None, children: Vec::new() };
        Self { nodes: RefCell::new(vec![root]), too_deep: Cell::new(false) }
    }

    fn add(&self, node: Node) -> NodeId {
        let mut nodes = self.nodes.borrow_mut();
        nodes.push(Linked { node, parent: None, children: Vec::new() });
        nodes.len() - 1
    }

    /// Puts a node or text among the children of `parent`, before the `position`th.
    fn insert(&self, parent: NodeId, position: usize, child: NodeOrText<NodeId>) {
        let child = match child {
            NodeOrText::AppendNode(id) => id,
            NodeOrText::AppendText(text) => {
                if self.extend_text(parent, position, &text) {
                    return;
                }
                self.add(Node::Text(text.into()))
            }
        };
        self.detach(child);
        let mut nodes = self.nodes.borrow_mut();
        let position = position.min(nodes[parent].children.len());
        nodes[parent].children.insert(position, child);
        nodes[child].parent = Some(parent);
        drop(nodes);
        self.measure(parent);
    }

    /// Text next to text is one text.
    fn extend_text(&self, parent: NodeId, position: usize, text: &str) -> bool {
        let mut nodes = self.nodes.borrow_mut();
        let before = position.checked_sub(1).and_then(|index| nodes[parent].children.get(index).copied());
        match before.map(|id| &mut nodes[id].node) {
            Some(Node::Text(present)) => {
                present.push_str(text);
                true
            }
            _ => false,
        }
    }

    fn measure(&self, mut id: NodeId) {
        let nodes = self.nodes.borrow();
        for _ in 0..MAX_DEPTH {
            match nodes[id].parent {
                Some(parent) => id = parent,
                None => return,
            }
        }
        self.too_deep.set(true);
    }

    fn detach(&self, id: NodeId) {
        let mut nodes = self.nodes.borrow_mut();
        if let Some(parent) = nodes[id].parent.take() {
            let siblings = &mut nodes[parent].children;
            if let Some(position) = siblings.iter().rposition(|child| *child == id) {
                siblings.remove(position);
            }
        }
    }

    fn length(&self, parent: NodeId) -> usize {
        self.nodes.borrow()[parent].children.len()
    }
}

impl TreeSink for Builder {
    type Handle = NodeId;
    type Output = Dom;
    type ElemName<'a> = Ref<'a, QualName>;

    fn finish(self) -> Dom {
        Dom { nodes: self.nodes.into_inner() }
    }

    fn parse_error(&self, _: Cow<'static, str>) {}

    fn get_document(&self) -> NodeId {
        Dom::ROOT
    }

    fn elem_name<'a>(&'a self, target: &'a NodeId) -> Ref<'a, QualName> {
        Ref::map(self.nodes.borrow(), |nodes| match &nodes[*target].node {
            Node::Element(element) => &element.name,
            Node::Text(_) | Node::Other => unreachable!("the parser asks for the names of elements only"),
        })
    }

    fn create_element(&self, name: QualName, attributes: Vec<Attribute>, _: ElementFlags) -> NodeId {
        self.add(Node::Element(Element { name, attributes }))
    }

    fn create_comment(&self, _: StrTendril) -> NodeId {
        self.add(Node::Other)
    }

    fn create_pi(&self, _: StrTendril, _: StrTendril) -> NodeId {
        self.add(Node::Other)
    }

    fn append(&self, parent: &NodeId, child: NodeOrText<NodeId>) {
        self.insert(*parent, self.length(*parent), child);
    }

    fn append_based_on_parent_node(&self, element: &NodeId, previous: &NodeId, child: NodeOrText<NodeId>) {
        let has_parent = self.nodes.borrow()[*element].parent.is_some();
        if has_parent { self.append_before_sibling(element, child) } else { self.append(previous, child) }
    }

    fn append_before_sibling(&self, sibling: &NodeId, child: NodeOrText<NodeId>) {
        if let NodeOrText::AppendNode(id) = child {
            self.detach(id);
        }
        let nodes = self.nodes.borrow();
        let Some(parent) = nodes[*sibling].parent else { return };
        let position = nodes[parent].children.iter().rposition(|id| id == sibling);
        drop(nodes);
        self.insert(parent, position.unwrap_or_default(), child);
    }

    fn append_doctype_to_document(&self, _: StrTendril, _: StrTendril, _: StrTendril) {}

    /// A template's contents stay within it, where no one looks.
    fn get_template_contents(&self, target: &NodeId) -> NodeId {
        *target
    }

    fn same_node(&self, one: &NodeId, other: &NodeId) -> bool {
        one == other
    }

    fn set_quirks_mode(&self, _: QuirksMode) {}

    fn add_attrs_if_missing(&self, target: &NodeId, attributes: Vec<Attribute>) {
        if let Node::Element(element) = &mut self.nodes.borrow_mut()[*target].node {
            for attribute in attributes {
                let known = element.attributes.iter().any(|present| present.name == attribute.name);
                if !known && element.attributes.len() < MAX_MERGED {
                    element.attributes.push(attribute);
                }
            }
        }
    }

    fn remove_from_parent(&self, target: &NodeId) {
        self.detach(*target);
    }

    fn reparent_children(&self, node: &NodeId, parent: &NodeId) {
        let mut nodes = self.nodes.borrow_mut();
        let moved = std::mem::take(&mut nodes[*node].children);
        for child in &moved {
            nodes[*child].parent = Some(*parent);
        }
        nodes[*parent].children.extend(moved);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nesting_is_bounded() {
        let nested = |depth: usize| "<div>".repeat(depth);
        assert!(parse(&nested(MAX_DEPTH - 4)).is_ok());
        assert!(parse(&nested(MAX_DEPTH + 1)).is_err());
        assert!(parse(&nested(1024 * 1024 / 5)).is_err());
    }

    #[test]
    fn formatting_that_repeats_itself_is_bounded() {
        let open: Vec<_> = (0..400).map(|number| format!("<b a{number}>")).collect();
        let page = format!("<div>{}</div>{}", open.concat(), "<div>x</div>".repeat(10_000));
        assert!(matches!(parse(&page), Err(Unreadable::TooMany)));
    }

    #[test]
    fn any_bytes_are_html() {
        for html in
            ["", "\0", "<", "<!", "</p>", "<table>x<tr><b>y<table>z", "<svg><p><b></svg>", "<template><p>"]
        {
            assert!(parse(html).is_ok(), "{html}");
        }
    }
}
